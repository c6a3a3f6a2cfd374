/**
 * The fault harness: `bun run faults [numbers or words …] [--seed N] [--events N] [--moments N]
 * [--rate N] [--report]`.
 *
 * It runs the real actors as processes on real Redis, NATS and Kafka, hurts one thing after the other while load
 * runs, and judges what became of every event (case.ts says how; oracle.ts what is judged). It takes minutes: each case
 * has its own world, and several wait for leases of 30 s.
 *
 * How to read the result: one line per case. "acknowledged" is how many events got a 200 (or were in Redis when a
 * foreign tracker was told so); "lost" of them are neither in Kafka nor among the dead letters, which must be 0;
 * "duplicated" are further copies in Kafka, which consumers count once; "dead" are dead letters; "recovery" is how long
 * after the end of the fault everything was gone that it had left behind. The sentence below is the proof that the fault
 * happened; "!!" is a broken promise, and the exit code is 1 then. All chance comes from the seed that is printed:
 * the same seed draws the same moments (not the same interleaving). Put a seed that failed into seeds.json, under the
 * case's number: it is run too from then on.
 *
 * `--events` per case (100,000), `--moments` how often a random fault strikes (20), `--rate` events a second, `--report`
 * writes the table into test/README.md. test/faults/results.json keeps the last result of each case, so that a few can be
 * run again, and the table is of all of them.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { allCases, chooseCases, notHere } from "./all-cases.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { progressLine, tableOf, writeReport } from "./report.ts"
import { mergeResults, readResults, writeResults } from "./results.ts"
import { type CaseResult, fullPatience, runCase, shortPatience } from "./run-case.ts"

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    events: { type: "string", default: "100000" },
    moments: { type: "string", default: "20" },
    rate: { type: "string" },
    report: { type: "boolean", default: false }
  }
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
const [events, moments] = [Number(values.events), Number(values.moments)]
const seeds = JSON.parse(readFileSync(join(import.meta.dirname, "seeds.json"), "utf8")) as Readonly<
  Record<string, ReadonlyArray<number>>
>

/** As fast as the load is done within about 40 s, but neither a trickle nor more than two cores bear. */
const rate = Number(values.rate ?? Math.min(4_000, Math.max(1_000, events / 40)))
const patience = events < 20_000 ? shortPatience : fullPatience

const file = join(import.meta.dirname, "results.json")
const pool = kafkaPool()
const stop = (): void => {
  process.exit(130)
}
process.once("SIGINT", stop).once("SIGTERM", stop)

const cases = chooseCases(await allCases(), positionals)
const command = ["bun run faults", ...process.argv.slice(2).filter((word) => word !== "--report")].join(" ")
say(`${cases.length} cases, seed ${seed}, ${events} events each, ${moments} random moments, ${rate} events/s`)
const results: Array<CaseResult> = []
for (const one of cases) {
  for (const each of [seed, ...(seeds[one.number] ?? [])]) {
    const result = await runCase(one, { pool, seed: each, events, rate, moments, patience })
    results.push(result)
    say(progressLine(result))
  }
}
await pool.end()

const left = positionals.length === 0 ? notHere : []
const failed = results.filter(({ passed }) => !passed)
const made = {
  date: new Date().toISOString().slice(0, 10),
  command: values.seed === undefined ? `${command} --seed ${seed}` : command
}
const known = mergeResults(
  readResults(file),
  results.map((result) => ({ ...result, ...made }))
)
writeResults(file, known)
say(`\n${tableOf(results, left)}\n${results.length - failed.length} passed, ${failed.length} failed`)
if (values.report) writeReport(join(import.meta.dirname, "..", "README.md"), known, notHere)
process.exit(failed.length === 0 ? 0 : 1)
