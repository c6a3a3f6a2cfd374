/**
 * `bun run bench [name …] [--rounds 5] [--seconds 4] [--scale 1] [--report]`: runs the benchmarks of those names (all
 * without one), prints what they found and keeps it in results.json; `--report` only makes the README's section of it.
 * Ends with 1 when something that must be reached was not.
 */
import { parseArgs } from "node:util"
import { stopServers } from "../support/server.ts"
import type { Bench } from "./bench.ts"
import { enrich } from "./enrich.ts"
import { gateway } from "./gateway.ts"
import { pipeline, pipelineOne } from "./pipeline.ts"
import { keepResult, machine, markdown, type Result } from "./result.ts"

const benches: ReadonlyArray<Bench> = [gateway, pipeline, pipelineOne, enrich]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    scale: { type: "string", default: "1" },
    list: { type: "boolean", default: false },
    report: { type: "boolean", default: false }
  }
})

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const numberOf = (name: "rounds" | "seconds" | "scale"): number => {
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

const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0 || values.list) {
  for (const { name, about } of benches) say(`${name.padEnd(14)} ${about}`)
  if (unknown.length > 0) {
    process.stderr.write(`There is no benchmark "${unknown[0]}".\n`)
    process.exit(64)
  }
} else {
  const options = { rounds: numberOf("rounds"), seconds: numberOf("seconds"), scale: numberOf("scale") }
  let missed = 0
  for (const bench of benches) {
    if (positionals.length > 0 && !positionals.includes(bench.name)) continue
    say(`\n${bench.name}: ${bench.about}`)
    const found = await bench.run({ ...options, tell: (sentence) => say(`  ${sentence}`) })
    const { rounds, seconds, scale } = options
    const sizes = `--rounds ${rounds} --seconds ${seconds}${scale === 1 ? "" : ` --scale ${scale}`}`
    const result: Result = {
      ...found,
      name: bench.name,
      command: `bun run bench ${bench.name} ${sizes}`,
      at: new Date().toISOString(),
      machine: machine()
    }
    keepResult(result)
    show(result)
    missed += found.targets.filter(({ met }) => !met).length
  }
  await stopServers()
  process.exit(missed === 0 ? 0 : 1)
}
