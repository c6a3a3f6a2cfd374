/**
 * The fuzzer: `bun run fuzz [--seconds N] [--seed N] [--runtime bun|deno] [--connections N] [--attack N]`, where
 * `--connections` sets GATEWAY_MAX_CONNECTIONS.
 *
 * It attacks a real gateway on a real Redis (both its own) and checks that the gateway stays alive and small, serves other
 * clients, and that the queue has what it acknowledged. The exit code is 1 for any problem; each problem names its attack,
 * and `--seed N --attack M` sends that attack alone and prints what was sent and received.
 */
import { Command, Flag } from "effect/cli"
import { countFlag, positiveFlag } from "../../actors/commands/command-line/flags.ts"
import { runCommandLine } from "../../actors/commands/command-line/run.ts"
import { makeRandom } from "../faults/random.ts"
import { promiseHandler } from "../support/promise-handler.ts"
import type { Environment } from "../support/spoor.ts"
import { attackAt } from "./attacks/all.ts"
import { exchange } from "./exchange.ts"
import { resultText, runFuzz } from "./run.ts"
import { startTarget } from "./target.ts"

const options = {
  seconds: positiveFlag("seconds", "Duration of the attacks, seconds (60)").pipe(Flag.withDefault(60)),
  seed: countFlag("seed", "Repeat the attacks of an earlier run (default: FUZZ_SEED, otherwise random)", {
    min: 0
  }).pipe(Flag.withDefault(undefined)),
  runtime: Flag.Literals("runtime", ["bun", "deno"]).pipe(
    Flag.withMetavar("<runtime>"),
    Flag.withDescription("The runtime of the gateway (bun)"),
    Flag.withDefault("bun")
  ),
  connections: countFlag("connections", "GATEWAY_MAX_CONNECTIONS of the gateway").pipe(
    Flag.withDefault(undefined)
  ),
  attack: countFlag("attack", "Send only this attack, and print the data sent and received", {
    min: 0
  }).pipe(Flag.withDefault(undefined))
}

type Options = Command.Command.Config.Infer<typeof options>

const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const sendOne = async (seed: number, number: number, runtime: "bun" | "deno", settings: Environment) => {
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

/** Returns the exit code. */
const fuzz = async ({ seconds, runtime, connections, attack, ...given }: Options): Promise<number> => {
  const seed = given.seed ?? Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1_000_000))
  const settings: Environment =
    connections === undefined ? {} : { GATEWAY_MAX_CONNECTIONS: String(connections) }
  print(`seed ${seed} on ${runtime}`)
  if (attack !== undefined) {
    await sendOne(seed, attack, runtime, settings)
    return 0
  }
  const result = await runFuzz({ seed, seconds, runtime, settings })
  print(result === undefined ? "redis-server is missing: install it." : resultText(result))
  return result?.problems.length === 0 ? 0 : 1
}

await runCommandLine(
  Command.make("fuzz", options, promiseHandler(fuzz)).pipe(
    Command.withDescription(
      `Attacks a gateway with malformed and hostile requests, and checks that it loses no event.
Needs redis-server. Exit code 0 without problems, otherwise 1.`
    ),
    Command.withExamples([
      { command: "fuzz --seconds 600" },
      { command: "fuzz --seed 42 --attack 1234", description: "Repeat one attack" }
    ])
  )
)
