/**
 * Maximum load by wrk (a Debian package): every connection sends its next request as soon as the previous one is answered.
 * The percentiles are therefore those of a saturated server.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { hasProgram } from "../support/server.ts"
import { at } from "./pinned.ts"

export interface WrkFigures {
  readonly perSecond: number
  /** Response times, milliseconds. */
  readonly p50: number
  readonly p99: number
}

export interface LoadRequest {
  readonly path: string
  /** Sent by POST as JSON; undefined: the request is a GET. */
  readonly body?: string
}

const run = promisify(execFile)

/** Rejects when a request fails or no request is answered. */
export const wrk = async (
  base: URL,
  { path, body }: LoadRequest,
  connections: number,
  seconds: number
): Promise<WrkFigures> => {
  if (!hasProgram("wrk", ["-v"]) && !hasProgram("which", ["wrk"]))
    throw new Error("Install wrk (a Debian package).")
  const script = join(mkdtempSync(join(tmpdir(), "spoor-wrk-")), "request.lua")
  writeFileSync(
    script,
    `${body === undefined ? "" : `wrk.method = "POST"\nwrk.body = ${JSON.stringify(body)}\nwrk.headers["Content-Type"] = "application/json"\n`}
wrk.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
function done(summary, latency)
  io.write(string.format("figures %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.read + summary.errors.timeout))
end
`
  )
  const [command = "wrk", ...args] = [
    ...at("load"),
    "wrk",
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "-s",
    script,
    new URL(path, base).href
  ]
  const { stdout } = await run(command, args)
  const [, requests = 0, duration = 0, p50 = 0, p99 = 0, errors = 0] =
    /^figures (\d+) (\d+) (\d+) (\d+) (\d+)/m.exec(stdout)?.map(Number) ?? []
  if (errors > 0) throw new Error(`${errors} of ${requests} requests failed:\n${stdout}`)
  if (requests === 0) throw new Error(`No request was answered:\n${stdout}`)
  return { perSecond: (requests * 1e6) / duration, p50: p50 / 1000, p99: p99 / 1000 }
}
