/**
 * Requests at a fixed rate by h2load (Debian package nghttp2-client), which uses little processor time. Each connection
 * sends its share every 10 ms, one request after another; a response time is measured from the sending of its request.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { hasProgram } from "../support/server.ts"
import { at } from "./pinned.ts"
import { percentile } from "./rounds.ts"

export interface RateFigures {
  readonly perSecond: number
  /** The number of requests not answered with 2xx. */
  readonly refused: number
  /** Response times, milliseconds. */
  readonly p50: number
  readonly p99: number
}

const connections = 64

/** Sends requests for `seconds`, after a warm-up of one second that is not measured. */
export const h2load = async (url: URL, perSecond: number, seconds: number): Promise<RateFigures> => {
  if (!hasProgram("h2load")) throw new Error("Install h2load (the Debian package nghttp2-client).")
  const folder = mkdtempSync(join(tmpdir(), "spoor-h2load-"))
  const log = join(folder, "log")
  const [command = "h2load", ...args] = [
    ...at("load"),
    "h2load",
    "--h1",
    `-c${connections}`,
    `--rps=${perSecond / connections}`,
    `-D${Math.max(1, Math.round(seconds))}`,
    "--warm-up-time=1",
    `--log-file=${log}`,
    url.href
  ]
  await promisify(execFile)(command, args, { maxBuffer: 1e8 })
  const figures = figuresOf(readFileSync(log, "utf8"))
  rmSync(folder, { recursive: true })
  return figures
}

/** The figures of h2load's log: each line has start (µs), status and duration (µs), separated by tabs. */
export const figuresOf = (log: string): RateFigures => {
  const durations: Array<number> = []
  let [first, last, refused] = [Number.POSITIVE_INFINITY, 0, 0]
  for (const line of log.split("\n")) {
    if (line === "") continue
    const [start = Number.NaN, status = Number.NaN, duration = Number.NaN] = line.split("\t").map(Number)
    durations.push(duration / 1000)
    first = Math.min(first, start)
    last = Math.max(last, start)
    if (!(status >= 200 && status < 300)) refused += 1
  }
  const sorted = durations.toSorted((a, b) => a - b)
  return {
    perSecond: (durations.length * 1e6) / (last - first),
    refused,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99)
  }
}
