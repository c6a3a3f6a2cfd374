/**
 * The benchmarks, `bun run bench`: runs the named ones, prints their results and stores them in results.json. `--report` runs
 * none: it generates the section of test/README.md and the plots from the stored results. The exit code is 1 when a target
 * was missed.
 */
import { Argument, Command, Flag } from "effect/cli"
import { positiveFlag, switchFlag } from "../../actors/commands/command-line/flags.ts"
import { runCommandLine } from "../../actors/commands/command-line/run.ts"
import { promiseHandler } from "../support/promise-handler.ts"
import { stopServers } from "../support/server.ts"
import type { Bench, Options } from "./bench.ts"
import { consumers } from "./consumers.ts"
import { costs } from "./costs.ts"
import { embedded } from "./embedded.ts"
import { enrich } from "./enrich.ts"
import { gateway } from "./gateway.ts"
import { gatewaySteps } from "./gateway-steps.ts"
import { keyed } from "./keyed.ts"
import { kits } from "./kits.ts"
import { latency } from "./latency.ts"
import { memory } from "./memory.ts"
import { pipeline, pipelineOne } from "./pipeline.ts"
import { writePlanning } from "./planning.ts"
import { reactions } from "./react.ts"
import { writeReport } from "./report.ts"
import { keepResult, machine, markdown, type Result, readResults, resultsFile } from "./result.ts"
import { scale } from "./scale.ts"

const benches: ReadonlyArray<Bench> = [
  gateway,
  gatewaySteps,
  pipeline,
  pipelineOne,
  embedded,
  enrich,
  latency,
  consumers,
  keyed,
  reactions,
  scale,
  memory,
  costs,
  kits
]

const options = {
  names: Argument.Literals(
    "name",
    benches.map(({ name }) => name)
  ).pipe(
    Argument.withMetavar("<benchmark>"),
    Argument.withDescription("Only these benchmarks; --list lists them"),
    Argument.variadic()
  ),
  rounds: positiveFlag("rounds", "Measurements of each side (5)").pipe(Flag.withDefault(5)),
  seconds: positiveFlag("seconds", "Duration of a round, seconds (4)").pipe(Flag.withDefault(4)),
  minutes: positiveFlag("minutes", "Duration of the memory benchmark, minutes (10)").pipe(
    Flag.withDefault(10)
  ),
  scale: positiveFlag("scale", "Number of events relative to the published runs; 0.1 for a tenth (1)").pipe(
    Flag.withDefault(1)
  ),
  results: Flag.String("results").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("File with the stored results (test/bench/results.json)"),
    Flag.withDefault(resultsFile)
  ),
  list: switchFlag("list", "List the benchmarks"),
  report: switchFlag(
    "report",
    "Run no benchmark; write the section of test/README.md from the stored results"
  )
}

type Given = Command.Command.Config.Infer<typeof options>

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const show = ({ name, at, machine, command, table, targets, notes = [] }: Result): void => {
  print(`\n## ${name}: \`${command}\`, ${at.slice(0, 10)}, ${machine}\n`)
  print(markdown(table))
  for (const note of notes) print(`\n${note}`)
  print("")
  for (const { what, must, got, met } of targets)
    print(`${met ? "reached" : "MISSED "}  ${what}: ${got} (must be ${must})`)
}

/** Runs a benchmark, prints and stores its result; returns the number of missed targets. */
const runBench = async (bench: Bench, options: Options, file: string): Promise<number> => {
  print(`\n${bench.name}: ${bench.about}`)
  const found = await bench.run(options)
  const { rounds, seconds, minutes, scale } = options
  const sizes = [
    `--rounds ${rounds} --seconds ${seconds}`,
    scale === 1 ? "" : ` --scale ${scale}`,
    minutes === 10 ? "" : ` --minutes ${minutes}`
  ].join("")
  const result: Result = {
    ...found,
    name: bench.name,
    command: `bun run bench ${bench.name} ${sizes}`,
    at: new Date().toISOString(),
    machine: machine()
  }
  keepResult(result, file)
  show(result)
  return found.targets.filter(({ met }) => !met).length
}

/** Runs the command line; returns the exit code. */
const runBenches = async ({ names, results, ...given }: Given): Promise<number> => {
  if (given.list) {
    for (const { name, about } of benches) print(`${name.padEnd(14)} ${about}`)
    return 0
  }
  if (given.report) {
    writeReport(readResults(results))
    writePlanning(readResults(results))
    return 0
  }
  const { seconds, minutes, scale } = given
  const rounds = Math.ceil(given.rounds)
  const options: Options = { rounds, seconds, minutes, scale, report: (sentence) => print(`  ${sentence}`) }
  let missed = 0
  for (const bench of benches) {
    if (names.length > 0 && !names.includes(bench.name)) continue
    const startedAt = performance.now()
    try {
      missed += await runBench(bench, options, results)
    } catch (error) {
      missed += 1
      process.stderr.write(`${bench.name} failed: ${error instanceof Error ? error.stack : error}\n`)
    }
    print(`\n${bench.name} took ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes.`)
  }
  await stopServers()
  return missed === 0 ? 0 : 1
}

await runCommandLine(
  Command.make("bench", options, promiseHandler(runBenches)).pipe(
    Command.withDescription(
      `Measures Spoor on real Redis, NATS and Kafka against simpler programs; the sides take turns in one run.
Exit code 0 when every target was reached, otherwise 1.`
    ),
    Command.withExamples([{ command: "bench gateway --rounds 1 --seconds 1 --scale 0.02" }])
  )
)
