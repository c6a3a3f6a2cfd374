/**
 * Requests at a fixed rate, whatever the server does: `bun test/bench/paced.ts <url> <connections> <per second> <seconds>`.
 * Each is timed from when it was due, so that a server that stands still is charged for all who wait meanwhile. Prints
 * one line of JSON: how many were sent and refused, and percentiles in milliseconds.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { type HttpClient, httpClient } from "../support/flood.ts"
import { at } from "./pinned.ts"

export interface PacedFigures {
  readonly sent: number
  readonly refused: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** Runs it as a process of its own beside the load. */
export const paced = async (
  url: URL,
  connections: number,
  perSecond: number,
  seconds: number
): Promise<PacedFigures> => {
  const [command = "", ...args] = [
    ...at("load"),
    process.execPath,
    import.meta.filename,
    url.href,
    ...[connections, Math.round(perSecond), seconds].map(String)
  ]
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 1e8 })
  return JSON.parse(stdout)
}

const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

const send = async (
  url: URL,
  connections: number,
  perSecond: number,
  seconds: number
): Promise<PacedFigures> => {
  const free: Array<HttpClient> = await Promise.all(
    Array.from({ length: connections }, () => httpClient(url))
  )
  const all = [...free]
  const due: Array<number> = []
  const took: Array<number> = []
  let refused = 0
  const path = `${url.pathname}${url.search}`
  const begun = performance.now()

  const serve = (): void => {
    while (due.length > 0) {
      const client = free.pop()
      if (client === undefined) return
      const at = due.shift() ?? 0
      void client.get(path).then(({ status }) => {
        took.push(performance.now() - at)
        if (status >= 300) refused += 1
        free.push(client)
        serve()
      })
    }
  }

  const end = begun + seconds * 1000
  let scheduled = 0
  while (performance.now() < end) {
    const now = Math.min(performance.now(), end)
    while (scheduled < ((now - begun) / 1000) * perSecond) {
      due.push(begun + (scheduled / perSecond) * 1000)
      scheduled += 1
    }
    serve()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  while (took.length < scheduled) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const client of all) client.close()
  const sorted = took.toSorted((a, b) => a - b)
  return {
    sent: scheduled,
    refused,
    perSecond: scheduled / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    p999: percentile(sorted, 0.999)
  }
}

if (import.meta.main) {
  const [url = "", ...numbers] = process.argv.slice(2)
  const [connections = 64, perSecond = 1000, seconds = 5] = numbers.map(Number)
  process.stdout.write(`${JSON.stringify(await send(new URL(url), connections, perSecond, seconds))}\n`)
}
