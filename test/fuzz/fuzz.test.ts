/**
 * Under attack, the gateway stays alive and small, serves other clients, and the queue has exactly what it acknowledged: ten
 * seconds on Bun, five with the connection guard, five on Deno. The seed is printed; FUZZ_SEED repeats its attacks, and
 * `bun run fuzz` attacks for longer.
 */
import { describe, expect, test } from "bun:test"
import { denoProgram } from "../support/deno.ts"
import { hasRedisProgram } from "../support/redis.ts"
import type { Environment } from "../support/spoor.ts"
import { resultText, runFuzz } from "./run.ts"

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1_000_000))

const fuzzed = async (
  runtime: "bun" | "deno",
  seconds: number,
  settings: Environment = {}
): Promise<void> => {
  const result = await runFuzz({ seed, seconds, runtime, settings })
  if (result === undefined) throw new Error("redis-server is missing")
  process.stdout.write(`fuzz on ${runtime}, seed ${seed}: ${resultText(result)}\n`)
  expect(result.problems).toEqual([])
  // If most attacks were unanswered or ambiguous, the result would prove nothing.
  expect(result.attacks).toBeGreaterThan(seconds)
  expect(result.max - result.min).toBeLessThan(result.lines / 4)
  expect(result.exact).toBeGreaterThan(result.attacks / 2)
}

describe.skipIf(!hasRedisProgram())("a gateway under attack", () => {
  test("on Bun", () => fuzzed("bun", 10), 120_000)
  test(
    "on Bun, behind the connection guard",
    () => fuzzed("bun", 5, { GATEWAY_MAX_CONNECTIONS: "5000" }),
    120_000
  )
  test.skipIf(denoProgram() === undefined)("on Deno", () => fuzzed("deno", 5), 120_000)
})
