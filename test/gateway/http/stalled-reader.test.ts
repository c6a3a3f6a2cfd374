/** A WebSocket client that stops reading is detected, and closed before much data is buffered; on each runtime. */
import { expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { maxBufferedBytes } from "../../../gateway/http/server-types.ts"
import { denoProgram } from "../../support/deno.ts"
import { type Stalled, stalledReader } from "./stalled-reader.ts"

const expectBounded = ({ most, isTakenAfter }: Stalled): void => {
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(2 * maxBufferedBytes)
  expect(isTakenAfter).toBe(false)
}

test("on Bun", async () => expectBounded(await stalledReader()))

const deno = denoProgram()

test.skipIf(deno === undefined)("on Deno", async () => {
  const script = join(import.meta.dirname, "stalled-reader.ts")
  const cwd = join(import.meta.dirname, "..", "..", "..")
  const { stdout } = await promisify(execFile)(deno ?? "deno", ["run", "-A", script], { cwd })
  expectBounded(JSON.parse(stdout))
})
