/**
 * `npm test`: every check of the project, one after another, and one closing line with what passed and failed.
 * Types and style count as one check each; test files as many as they hold.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

interface Count {
  readonly passed: number
  readonly failed: number
}

const bin = (name: string): string => join("node_modules", ".bin", name)

const run = (title: string, command: string, args: ReadonlyArray<string>): boolean => {
  process.stdout.write(`\n== ${title}\n`)
  return spawnSync(command, args, { stdio: "inherit" }).status === 0
}

const check = (title: string, command: string, args: ReadonlyArray<string>): Count => {
  const isGood = run(title, command, args)
  return isGood ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Runs the tests and counts them from the report that the runner writes; a run that breaks off counts as a failure. */
const tests = (title: string, paths: ReadonlyArray<string>): Count => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-report-"))
  const report = join(folder, "report.xml")
  const isGood = run(title, process.execPath, [
    "test",
    "--timeout=60000",
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    ...paths
  ])
  const { tests, failures } = readReport(report)
  rmSync(folder, { recursive: true })
  const failed = failures === 0 && !isGood ? 1 : failures
  return { passed: tests - failures, failed }
}

const readReport = (path: string): { readonly tests: number; readonly failures: number } => {
  try {
    const [head = ""] = /<testsuites [^>]*>/.exec(readFileSync(path, "utf8")) ?? []
    const read = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0)
    return { tests: read("tests") - read("skipped"), failures: read("failures") }
  } catch {
    return { tests: 0, failures: 1 }
  }
}

const counts = [
  check("types", bin("tsc"), ["-p", "."]),
  check("style", bin("biome"), ["check", "."]),
  tests("tests", process.argv.slice(2))
]
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
