/**
 * Numbered events at a fixed rate over HTTP, whatever the gateway does:
 * `bun test/bench/paced.ts <url> <connections> <per second> <seconds> <first number>`. The gateway must trust this host
 * (`TRUSTED_PROXIES`), since each event comes from an address of its own. Prints one line of JSON: `PacedFigures`.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { type HttpClient, httpClient } from "../support/flood.ts"
import { eventMaker } from "./lines.ts"

export interface PacedFigures {
  readonly refused: number
  readonly perSecond: number
  /** When the answer to each event was here, in the order of their numbers; milliseconds since 1970 with fractions. */
  readonly answered: ReadonlyArray<number>
}

export interface Pace {
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
  /** The number of the first event; the others follow. */
  readonly first: number
}

/** Runs it as a process of its own. */
export const paced = async (
  url: URL,
  { connections, perSecond, seconds, first }: Pace
): Promise<PacedFigures> => {
  const args = [import.meta.filename, url.origin, ...[connections, perSecond, seconds, first].map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 30 })
  return JSON.parse(stdout)
}

/** Now, comparable between the processes of a machine. */
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
      // The one that rested longest: the gateway closes connections on which nothing comes.
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
  const took = (performance.now() - start) / 1000
  for (const client of all) client.close()
  return { refused, perSecond: done / took, answered }
}

if (import.meta.main) {
  const [url = "", ...numbers] = process.argv.slice(2)
  const [connections = 64, perSecond = 1000, seconds = 5, first = 0] = numbers.map(Number)
  process.stdout.write(
    `${JSON.stringify(await send(new URL(url), { connections, perSecond, seconds, first }))}\n`
  )
}
