/**
 * Sends numbered events at a fixed rate over HTTP, independent of the gateway's speed:
 * `bun test/bench/paced.ts <url> <connections> <per second> <seconds> <first number>`. The gateway must trust this machine
 * (`TRUSTED_PROXIES`), because the events have different addresses. Prints one line of JSON: `PacedFigures`.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { type HttpClient, httpClient } from "../support/flood.ts"
import { eventMaker } from "./lines.ts"

export interface PacedFigures {
  readonly refused: number
  readonly perSecond: number
  /** When each event was answered, in the order of their numbers; milliseconds since 1970 with fractions. */
  readonly answered: ReadonlyArray<number>
}

export interface Pace {
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
  /** The number of the first event. */
  readonly first: number
}

/** Runs the sender as a separate process. */
export const paced = async (
  url: URL,
  { connections, perSecond, seconds, first }: Pace
): Promise<PacedFigures> => {
  const args = [import.meta.filename, url.origin, ...[connections, perSecond, seconds, first].map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 30 })
  return JSON.parse(stdout)
}

/** The current time, comparable between processes of a machine; milliseconds since 1970 with fractions. */
export const moment = (): number => performance.timeOrigin + performance.now()

const send = async (url: URL, { connections, perSecond, seconds, first }: Pace): Promise<PacedFigures> => {
  const event = eventMaker()
  const all = await Promise.all(Array.from({ length: connections }, () => httpClient(url)))
  const free: Array<HttpClient> = [...all]
  const answered: Array<number> = []
  let [due, begun, done, refused] = [0, 0, 0, 0]
  let open = connections

  const serve = (): void => {
    while (begun < due) {
      // The connection that was idle longest, because the gateway closes idle connections.
      const client = free.shift()
      if (client === undefined) return
      const number = begun++
      const { address, path, query, userAgent } = event(first + number)
      const headers = `x-forwarded-for: ${address}\r\nuser-agent: ${userAgent}\r\n`
      const settle = (isRefused: boolean): void => {
        answered[number] = Math.round(moment() * 1000) / 1000
        done += 1
        if (isRefused) refused += 1
      }
      client.get(`${path}?${query}`, headers).then(
        ({ status }) => {
          settle(status >= 300)
          free.push(client)
          serve()
        },
        () => {
          open -= 1
          settle(true)
        }
      )
    }
  }

  const start = performance.now()
  for (let now = start; now < start + seconds * 1000; now = performance.now()) {
    due = Math.ceil(((now - start) / 1000) * perSecond)
    serve()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  while (done < due && open > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const duration = (performance.now() - start) / 1000
  for (const client of all) client.close()
  return { refused, perSecond: done / duration, answered }
}

if (import.meta.main) {
  const [url = "", ...numbers] = process.argv.slice(2)
  const [connections = 64, perSecond = 1000, seconds = 5, first = 0] = numbers.map(Number)
  process.stdout.write(
    `${JSON.stringify(await send(new URL(url), { connections, perSecond, seconds, first }))}\n`
  )
}
