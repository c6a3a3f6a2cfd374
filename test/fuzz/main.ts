/**
 * The fuzzer: `bun run fuzz [--seconds N] [--seed N] [--runtime bun|deno] [--connections N] [--attack N]`, where
 * `--connections` sets GATEWAY_MAX_CONNECTIONS.
 *
 * It attacks a real gateway on a real Redis (both its own) and checks that the gateway stays alive and small, serves other
 * clients, and that the queue has what it acknowledged. The exit code is 1 for any problem; each problem names its attack,
 * and `--seed N --attack M` sends that attack alone and prints what was sent and received.
 */
import { parseArgs } from "node:util"
import { makeRandom } from "../faults/random.ts"
import type { Environment } from "../support/spoor.ts"
import { attackAt } from "./attacks/all.ts"
import { exchange } from "./exchange.ts"
import { resultText, runFuzz } from "./run.ts"
import { startTarget } from "./target.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: process.env.FUZZ_SEED ?? String(Math.floor(Math.random() * 1_000_000)) },
    runtime: { type: "string", default: "bun" },
    connections: { type: "string" },
    attack: { type: "string" }
  }
})
const seed = Number(values.seed)
const runtime = values.runtime === "deno" ? "deno" : "bun"
const settings: Environment =
  values.connections === undefined ? {} : { GATEWAY_MAX_CONNECTIONS: values.connections }
const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const one = async (number: number): Promise<void> => {
  const target = await startTarget(runtime, settings)
  if (target === undefined) return
  const attack = attackAt(makeRandom(seed), number)
  print(
    `${attack.name}\n${JSON.stringify(attack.chunks.map((chunk) => Buffer.from(chunk).toString("latin1").slice(0, 4_000)))}`
  )
  const { received, wasClosed } = await exchange(target.port, attack)
  await target.settle()
  print(
    `${JSON.stringify(received.toString("latin1"))}${wasClosed ? ", closed" : ""}; ${target.lines()} lines`
  )
  await target.stop()
}

print(`seed ${seed} on ${runtime}`)
if (values.attack !== undefined) {
  await one(Number(values.attack))
} else {
  const result = await runFuzz({ seed, seconds: Number(values.seconds), runtime, settings })
  print(result === undefined ? "redis-server is missing; install it." : resultText(result))
  process.exitCode = result?.problems.length === 0 ? 0 : 1
}
