/**
 * The benchmarks, `bun run bench`: runs those of the given names, prints what they found and keeps it in results.json.
 * `--report` runs nothing: it makes the part of test/README.md and the plots from the kept results. Ends with 1 when a target was
 * missed.
 */
import { Argument, Command, Flag } from "effect/cli"
import { positiveFlag, switchFlag } from "../../actors/commands/command-line/flags.ts"
import { runCommandLine } from "../../actors/commands/command-line/run.ts"
import { promiseHandler } from "../support/promise-handler.ts"
import { stopServers } from "../support/server.ts"
import type { Bench, Options } from "./bench.ts"
import { consumers } from "./consumers.ts"
import { embedded } from "./embedded.ts"
import { enrich } from "./enrich.ts"
import { gateway } from "./gateway.ts"
import { gatewaySteps } from "./gateway-steps.ts"
import { latency } from "./latency.ts"
import { memory } from "./memory.ts"
import { pipeline, pipelineOne } from "./pipeline.ts"
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
  scale,
  memory
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
  rounds: positiveFlag("rounds", "How often each side is measured (5)").pipe(Flag.withDefault(5)),
  seconds: positiveFlag("seconds", "How long a round lasts, seconds (4)").pipe(Flag.withDefault(4)),
  minutes: positiveFlag("minutes", "How long the memory benchmark runs, minutes (10)").pipe(
    Flag.withDefault(10)
  ),
  scale: positiveFlag("scale", "Number of events; 0.1 for a tenth of the published runs (1)").pipe(
    Flag.withDefault(1)
  ),
  results: Flag.String("results").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("Where the results are kept (test/bench/results.json)"),
    Flag.withDefault(resultsFile)
  ),
  list: switchFlag("list", "List the benchmarks"),
  report: switchFlag("report", "Run nothing; write the part of test/README.md from the kept results")
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

/** Runs one, shows and keeps what it found; returns how much was missed. */
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

/** Runs what the command line asks for; returns the exit code. */
const runBenches = async ({ names, results, ...given }: Given): Promise<number> => {
  if (given.list) {
    for (const { name, about } of benches) print(`${name.padEnd(14)} ${about}`)
    return 0
  }
  if (given.report) {
    writeReport(readResults(results))
    return 0
  }
  const { seconds, minutes, scale } = given
  const rounds = Math.ceil(given.rounds)
  const options: Options = { rounds, seconds, minutes, scale, tell: (sentence) => print(`  ${sentence}`) }
  let missed = 0
  for (const bench of benches) {
    if (names.length > 0 && !names.includes(bench.name)) continue
    const begun = performance.now()
    try {
      missed += await runBench(bench, options, results)
    } catch (error) {
      missed += 1
      process.stderr.write(`${bench.name} broke off: ${error instanceof Error ? error.stack : error}\n`)
    }
    print(`\n${bench.name} took ${((performance.now() - begun) / 60_000).toFixed(1)} minutes.`)
  }
  await stopServers()
  return missed === 0 ? 0 : 1
}

await runCommandLine(
  Command.make("bench", options, promiseHandler(runBenches)).pipe(
    Command.withDescription(
      `Measures Spoor on real Redis, NATS and Kafka against simpler programs; the sides take turns in one run.
Exit code 0 when every target was reached, else 1.`
    ),
    Command.withExamples([{ command: "bench gateway --rounds 1 --seconds 1 --scale 0.02" }])
  )
)
