/**
 * `bun run bench [name …] [--rounds 5] [--seconds 4] [--minutes 10] [--scale 1] [--results file]`: runs the benchmarks of
 * those names (all without one), prints what they found and keeps it in results.json. `--report` runs nothing: it makes
 * the part of test/README.md and the plots from what was kept. Ends with 1 when something that must be reached was not.
 */
import { parseArgs } from "node:util"
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    minutes: { type: "string", default: "10" },
    scale: { type: "string", default: "1" },
    results: { type: "string", default: resultsFile },
    list: { type: "boolean", default: false },
    report: { type: "boolean", default: false }
  }
})

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const numberOf = (name: "rounds" | "seconds" | "minutes" | "scale"): number => {
  const number = Number(values[name])
  if (number > 0) return number
  throw new Error(`--${name} is a number above 0.`)
}

const show = ({ name, at, machine, command, table, targets, notes = [] }: Result): void => {
  say(`\n## ${name}: \`${command}\`, ${at.slice(0, 10)}, ${machine}\n`)
  say(markdown(table))
  for (const note of notes) say(`\n${note}`)
  say("")
  for (const { what, must, got, met } of targets)
    say(`${met ? "reached" : "MISSED "}  ${what}: ${got} (must be ${must})`)
}

/** Runs one, shows and keeps what it found; returns how much was missed. */
const runBench = async (bench: Bench, options: Options): Promise<number> => {
  say(`\n${bench.name}: ${bench.about}`)
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
  keepResult(result, values.results)
  show(result)
  return found.targets.filter(({ met }) => !met).length
}

const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0 || values.list) {
  for (const { name, about } of benches) say(`${name.padEnd(14)} ${about}`)
  if (unknown.length > 0) {
    process.stderr.write(`There is no benchmark "${unknown[0]}".\n`)
    process.exit(64)
  }
} else if (values.report) {
  writeReport(readResults(values.results))
} else {
  const options: Options = {
    rounds: Math.ceil(numberOf("rounds")),
    seconds: numberOf("seconds"),
    minutes: numberOf("minutes"),
    scale: numberOf("scale"),
    tell: (sentence) => say(`  ${sentence}`)
  }
  let missed = 0
  for (const bench of benches) {
    if (positionals.length > 0 && !positionals.includes(bench.name)) continue
    const begun = performance.now()
    try {
      missed += await runBench(bench, options)
    } catch (error) {
      missed += 1
      process.stderr.write(`${bench.name} broke off: ${error instanceof Error ? error.stack : error}\n`)
    }
    say(`\n${bench.name} took ${((performance.now() - begun) / 60_000).toFixed(1)} minutes.`)
  }
  await stopServers()
  process.exit(missed === 0 ? 0 : 1)
}
