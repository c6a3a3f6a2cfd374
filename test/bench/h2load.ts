/**
 * Requests at a fixed rate from a program that costs next to nothing: h2load (Debian package nghttp2-client). Each
 * connection sends its share every 10 ms, one request after another; each is timed from when it was sent.
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
  /** How many were not answered with 2xx. */
  readonly refused: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const connections = 64

/** Sends for so many seconds, after one that does not count. */
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

/** Figures of h2load's log: lines of start (µs), status and duration (µs), separated by tabs. */
export const figuresOf = (log: string): RateFigures => {
  const took: Array<number> = []
  let [first, last, refused] = [Number.POSITIVE_INFINITY, 0, 0]
  for (const line of log.split("\n")) {
    if (line === "") continue
    const [start = Number.NaN, status = Number.NaN, duration = Number.NaN] = line.split("\t").map(Number)
    took.push(duration / 1000)
    first = Math.min(first, start)
    last = Math.max(last, start)
    if (!(status >= 200 && status < 300)) refused += 1
  }
  const sorted = took.toSorted((a, b) => a - b)
  return {
    perSecond: (took.length * 1e6) / (last - first),
    refused,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99)
  }
}
