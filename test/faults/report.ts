/** The results of a run as text: a line each while it runs, the table for the README, JSON for machines. */
import { readFileSync, writeFileSync } from "node:fs"
import type { NotHere } from "./case.ts"
import type { CaseResult } from "./run-case.ts"

/** One line of progress, and below it what went wrong. */
export const progressLine = ({
  number,
  name,
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
  const said = proof === "" ? "" : `\n      ${proof}`
  return `${passed ? "ok  " : "FAIL"} ${number} ${name}  (${seconds} s)${figures}${said}${problems.map((problem) => `\n      !! ${problem}`).join("")}`
}

const count = (value: number): string => value.toLocaleString("en-US")

/** Markdown; a case that ran with several seeds has one line with its worst. */
export const tableOf = (results: ReadonlyArray<CaseResult>, left: ReadonlyArray<NotHere>): string => {
  const rows = results.map(({ number, name, account, proof, passed }) =>
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

const [begin, end] = ["<!-- faults -->", "<!-- /faults -->"]

/** Puts the text between the marks in the README. Throws when the marks are not there. */
export const writeReport = (path: string, text: string): void => {
  const before = readFileSync(path, "utf8")
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${path} has no ${begin} … ${end}.`)
  writeFileSync(path, `${before.slice(0, from + begin.length)}\n${text}${before.slice(to)}`)
}
