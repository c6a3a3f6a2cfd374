/** The commands as processes, as a person runs them. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { ConfigProvider, Effect, References } from "effect"
import { readLedger } from "../../../actors/inspect/ledger/read-ledger.ts"
import type { Ledger, LedgerTotals } from "../../../actors/inspect/ledger/types.ts"
import { withFiles } from "../../../actors/runtime/environment.ts"
import * as IngestQueueLive from "../../../bridge/ingest-queue/layer.ts"
import { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"
import type { Environment } from "../../support/spoor.ts"

const root = join(import.meta.dirname, "..", "..", "..")

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export type Runtime = "bun" | "deno"

export const commandNames = [
  "actor",
  "counters",
  "dead-letters",
  "ledger",
  "queue",
  "rules",
  "tap",
  "top"
] as const

/** Starts `ledger …` or another command. */
export const launchCommand = (
  settings: Environment,
  name: (typeof commandNames)[number],
  args: ReadonlyArray<string>,
  runtime: Runtime = "bun"
) => {
  const [program, ...before] = runtime === "bun" ? [process.execPath] : [denoProgram() ?? "deno", "run", "-A"]
  return spawn(program, [...before, `actors/commands/${name}.ts`, ...args], {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"]
  })
}

/** Runs a command to its end. */
export const command = (...launch: Parameters<typeof launchCommand>): Promise<Ended> => {
  const child = launchCommand(...launch)
  let out = ""
  let err = ""
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })))
}

/** Uses the queue that a process with these settings has. */
export const withQueue = <A>(
  settings: Environment,
  use: (queue: IngestQueue["Service"]) => Effect.Effect<A, Failure>
): Promise<A> =>
  Effect.runPromise(
    Effect.flatMap(IngestQueue, use).pipe(
      Effect.provide(IngestQueueLive.layer),
      Effect.provideService(References.MinimumLogLevel, "Error"),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(withFiles(settings, []))))
    )
  )

/** The ledger as `ledger --json` prints it, once its totals satisfy `isExpected`. */
export const ledgerWhen = async (
  settings: Environment,
  what: string,
  isExpected: (total: LedgerTotals) => boolean
): Promise<Ledger> => {
  const topics = { standard: "events" as Topic, allowed: new Set<string>(), all: ["events" as Topic] }
  let last: LedgerTotals | undefined
  await eventually(what, async () => {
    last = (await withQueue(settings, ({ sources }) => readLedger(sources, topics))).total ?? undefined
    return last !== undefined && isExpected(last)
  }).catch((cause) => {
    throw new Error(`${what}: last seen ${JSON.stringify(last)}`, { cause })
  })
  return JSON.parse((await command(settings, "ledger", ["--json"])).out)
}

/** A dead letter as `dead-letters list --json` prints it. */
export interface ListedDeadLetter {
  readonly id: string
  readonly ours: boolean
  readonly reason?: string
  readonly stage?: string
  readonly topic?: string
  readonly attempts?: number
  readonly line: string
  readonly bytes: string
}

export const listed = async (
  settings: Environment,
  ...args: ReadonlyArray<string>
): Promise<ReadonlyArray<ListedDeadLetter>> => {
  const { out } = await command(settings, "dead-letters", ["list", "--json", ...args])
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
}
