/**
 * `npm test`: every check of the project, one after another, and one closing line with what passed and failed.
 * Types and style count as one check each; test files as many as they hold. A file with failures is run once more,
 * alone: a test that passes then is called flaky by name, with what was said of it, and counts as passed, for machines
 * are noisy; one that fails again has failed.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { collectMissing, sentencesIn } from "./support/missing.ts"
import { type Report, readReport } from "./support/report.ts"

interface Count {
  readonly passed: number
  readonly failed: number
}

/** More failures than this are no accident of the machine: nothing is run again. */
const mostAccidents = 5

const bin = (name: string): string => join("node_modules", ".bin", name)
const say = (text: string): void => void process.stdout.write(`\n${text}\n`)

const run = (title: string, command: string, args: ReadonlyArray<string>): boolean => {
  say(`== ${title}`)
  return spawnSync(command, args, { stdio: "inherit" }).status === 0
}

const check = (title: string, command: string, args: ReadonlyArray<string>): Count =>
  run(title, command, args) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }

/** Runs the tests of these paths (none: all); undefined when the run broke off. */
const report = (title: string, paths: ReadonlyArray<string>): Report | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-report-"))
  const file = join(folder, "report.xml")
  const isGood = run(title, process.execPath, [
    "test",
    "--timeout=60000",
    "--reporter=junit",
    `--reporter-outfile=${file}`,
    ...paths
  ])
  const read = readReport(file)
  rmSync(folder, { recursive: true })
  return read === undefined || (!isGood && read.failures.length === 0) ? undefined : read
}

const testAll = (paths: ReadonlyArray<string>): Count => {
  const first = report("tests", paths)
  if (first === undefined) return { passed: 0, failed: 1 }
  nameSkipped(first)
  for (const { file, name, message } of first.failures) say(`failed: ${file}: ${name}\n${message}`)
  if (first.failures.length > mostAccidents) return { passed: first.passed, failed: first.failures.length }
  let failed = 0
  for (const file of new Set(first.failures.map((one) => one.file))) {
    const again = report(`once more, alone: ${file}`, [file])
    const stillFails = new Set(again?.failures.map(({ name }) => name))
    for (const { name } of first.failures.filter((one) => one.file === file)) {
      if (again === undefined || stillFails.has(name)) failed += 1
      else say(`flaky: ${file}: ${name}: failed among the others, passed alone`)
    }
  }
  return { passed: first.passed + first.failures.length - failed, failed }
}

/** Every test that was left out by its name, and what was missing for it. */
const nameSkipped = ({ skipped }: Report): void => {
  if (skipped.length === 0) return
  const names = skipped.map(({ file, name }) => `skipped: ${file}: ${name}`)
  say([...names, `${skipped.length} tests were skipped:`, ...sentencesIn(missing)].join("\n"))
}

const missing = join(mkdtempSync(join(tmpdir(), "spoor-missing-")), "sentences")
collectMissing(missing)
const counts = [
  check("types", bin("tsc"), ["-p", "."]),
  check("style", bin("biome"), ["check", "."]),
  await testAll(process.argv.slice(2))
]
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
say(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
