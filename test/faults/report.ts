/** The results of a run as text: a line each while it runs, the table for test/README.md, JSON for machines. */
import { readFileSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import type { NotHere } from "./case.ts"
import type { KeptResult } from "./results.ts"
import type { CaseResult } from "./run-case.ts"

/** One line of progress, with the proof and the broken promises below it. */
export const progressLine = ({
  number,
  name,
  seed,
  passed,
  seconds,
  account,
  problems,
  proof
}: CaseResult): string => {
  const figures =
    account === undefined
      ? ""
      : `  ${count(account.acknowledged)} acknowledged, ${account.lost.length} lost, ${account.duplicates} duplicated, ${account.dead} dead, recovered in ${account.recovery} s`
  const proofLine = proof === "" ? "" : `\n      ${proof}`
  return `${passed ? "ok  " : "FAIL"} ${number} ${name}  (${seconds} s${passed ? "" : `, seed ${seed}`})${figures}${proofLine}${problems.map((problem) => `\n      !! ${problem}`).join("")}`
}

const count = (value: number): string => value.toLocaleString("en-US")

/** The table as Markdown; for a case that ran with several seeds it has the worst run. */
export const tableOf = (results: ReadonlyArray<CaseResult>, left: ReadonlyArray<NotHere>): string => {
  const rows = worstRuns(results).map(({ number, name, account, proof, passed }) =>
    [
      number,
      name,
      ...(account === undefined
        ? ["–", "–", "–", "–", "–"]
        : [
            count(account.acknowledged),
            count(account.lost.length),
            count(account.duplicates),
            count(account.dead),
            `${account.recovery} s`
          ]),
      passed ? proof : "**failed**"
    ].map((cell) => cell.replaceAll("|", "\\|"))
  )
  const head = [
    "case",
    "fault",
    "acknowledged",
    "lost",
    "duplicated",
    "dead",
    "recovery",
    "how it is known that the fault happened"
  ]
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`)
  const others = left.map(({ number, name, reason }) => `- ${number}, ${name}: ${reason}.`)
  return `${table.join("\n")}\n\nNot run here:\n${others.join("\n")}\n`
}

/** One run of each case: a failed one, otherwise the one with the longest recovery. */
const worstRuns = (results: ReadonlyArray<CaseResult>): ReadonlyArray<CaseResult> => {
  const worst = new Map<string, CaseResult>()
  const badness = ({ passed, account }: CaseResult): number =>
    passed ? (account?.recovery ?? 0) : Number.POSITIVE_INFINITY
  for (const result of results) {
    const name = `${result.number} ${result.name}`
    const before = worst.get(name)
    if (before === undefined || badness(result) > badness(before)) worst.set(name, result)
  }
  return [...worst.values()]
}

const [begin, end] = ["<!-- faults -->", "<!-- /faults -->"]

/** Writes the table of all results, and their commands, between the markers in the document. Throws without the markers. */
export const writeReport = (
  path: string,
  results: ReadonlyArray<KeptResult>,
  left: ReadonlyArray<NotHere>
): void => {
  const made = new Set(results.map(({ date, command }) => `- \`${command}\` (${date})\n`))
  const heading = `Measured on ${availableParallelism()} cores shared by everything, with these commands:\n\n${[...made].join("")}\n`
  const before = readFileSync(path, "utf8")
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${path} has no ${begin} … ${end}.`)
  const text = heading + tableOf(results, left)
  writeFileSync(path, `${before.slice(0, from + begin.length)}\n${text}${before.slice(to)}`)
}
