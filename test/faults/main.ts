/**
 * The fault harness, `bun run faults`: runs the real actors as processes on real Redis, NATS and Kafka, injects one fault
 * after the other under load, and checks the result of every event (see case.ts and oracle.ts). Takes minutes: each case
 * has its own servers, and several wait for leases of 30 s.
 *
 * The output has one line for each case. "acknowledged" is the number of events with a 200 (or pushed by a tracker, when
 * Redis has replied); "lost" of them are neither in Kafka nor among the dead letters, which must be 0; "duplicated" are
 * additional copies in Kafka, which consumers count once; "dead" are dead letters; "recovery" is the time from the end of
 * the fault until its effects were gone. The sentence below is the proof that the fault happened; "!!" marks a broken
 * promise, and then the exit code is 1. All random choices come from the printed seed: the same seed draws the same moments
 * (not the same interleaving). Add a seed that failed to seeds.json, under the case's number: it is run in addition from
 * then on. results.json keeps the last result of each case, and the table in test/README.md has all of them.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Argument, Command, Flag } from "effect/cli"
import { countFlag, positiveFlag, switchFlag } from "../../actors/commands/command-line/flags.ts"
import { runCommandLine } from "../../actors/commands/command-line/run.ts"
import { promiseHandler } from "../support/promise-handler.ts"
import { allCases, chooseCases, notHere } from "./all-cases.ts"
import { counterNames, counters } from "./counters.ts"
import { enricherNames, enrichers } from "./enrichers.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { progressLine, tableOf, writeReport } from "./report.ts"
import { mergeResults, readResults, writeResults } from "./results.ts"
import { type CaseResult, fullPatience, runCase, shortPatience } from "./run-case.ts"

const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const options = {
  cases: Argument.String("case").pipe(
    Argument.withMetavar("<number or word>"),
    Argument.withDescription("Only the cases with these numbers, or with these words in their names"),
    Argument.variadic()
  ),
  seed: countFlag("seed", "Draw the moments of an earlier run (random)", { min: 0 }).pipe(
    Flag.withDefault(undefined)
  ),
  events: countFlag("events", "Events for each case (100000)").pipe(Flag.withDefault(100_000)),
  moments: countFlag("moments", "How often a random fault strikes (20)", { min: 0 }).pipe(
    Flag.withDefault(20)
  ),
  rate: positiveFlag("rate", "Events per second (the load takes about 40 s, 1000 to 4000 per second)").pipe(
    Flag.withDefault(undefined)
  ),
  enricher: Flag.Literals("enricher", enricherNames).pipe(
    Flag.withDefault("ours"),
    Flag.withDescription("The enricher of the world: ours, or that of a kit (enrichers.ts)")
  ),
  counter: Flag.Literals("counter", counterNames).pipe(
    Flag.withDefault("ours"),
    Flag.withDescription("The event counter of the world: ours, or that of a kit (counters.ts)")
  ),
  report: switchFlag("report", "Write the table of all kept results into test/README.md")
}

type Options = Command.Command.Config.Infer<typeof options>

const seeds = JSON.parse(readFileSync(join(import.meta.dirname, "seeds.json"), "utf8")) as Readonly<
  Record<string, ReadonlyArray<number>>
>
const file = join(import.meta.dirname, "results.json")

/** Runs the cases one after the other; returns the exit code. */
const runFaults = async (given: Options): Promise<number> => {
  const { events, moments } = given
  const seed = given.seed ?? Math.floor(Math.random() * 1_000_000)
  const rate = given.rate ?? Math.min(4_000, Math.max(1_000, events / 40))
  const patience = events < 20_000 ? shortPatience : fullPatience
  const cases = chooseCases(await allCases(), given.cases)
  print(
    `${cases.length} cases, seed ${seed}, ${events} events each, ${moments} random moments, ${rate} events/s`
  )

  const enricher = await enrichers[given.enricher].prepare()
  const counter = await counters[given.counter].prepare()
  const pool = kafkaPool()
  const results: Array<CaseResult> = []
  for (const one of cases) {
    for (const each of [seed, ...(seeds[one.number] ?? [])]) {
      const result = await runCase(one, {
        ...{ pool, seed: each, events, rate, moments, patience },
        ...{ enricher, counter }
      })
      results.push(result)
      print(progressLine(result))
    }
  }
  await pool.end()

  const known = keep(results, given.seed === undefined ? ` --seed ${seed}` : "")
  const failed = results.filter(({ passed }) => !passed)
  const left = given.cases.length === 0 ? notHere : []
  print(`\n${tableOf(results, left)}\n${results.length - failed.length} passed, ${failed.length} failed`)
  if (given.report) writeReport(join(import.meta.dirname, "..", "README.md"), known, notHere)
  return failed.length === 0 ? 0 : 1
}

/** Merges the results into results.json, each with the command that repeats it; returns all of them. */
const keep = (results: ReadonlyArray<CaseResult>, more: string) => {
  const words = process.argv.slice(2).filter((word) => word !== "--report")
  const made = {
    date: new Date().toISOString().slice(0, 10),
    command: `${["bun run faults", ...words].join(" ")}${more}`
  }
  const known = mergeResults(
    readResults(file),
    results.map((result) => ({ ...result, ...made }))
  )
  writeResults(file, known)
  return known
}

const stop = (): void => {
  process.exit(130)
}
process.once("SIGINT", stop).once("SIGTERM", stop)

await runCommandLine(
  Command.make("faults", options, promiseHandler(runFaults)).pipe(
    Command.withDescription(
      `Injects faults into the real actors on real Redis, NATS and Kafka under load, and checks every event.
Needs redis-server, nats-server, kcat, Java 17 and Maven. Exit code 0 when every promise was kept, else 1.`
    ),
    Command.withExamples([{ command: "faults 1 3 --events 4000 --moments 4" }])
  )
)
