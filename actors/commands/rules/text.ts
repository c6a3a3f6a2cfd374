/** What rules would send, as text for a terminal and as JSON for programs. Pure. */
import { counted, moment, number, plain } from "../../inspect/plain-text.ts"
import type { PreviewedStep } from "../../rules/preview.ts"
import type { Colours } from "../colours.ts"
import type { Matches, Tried } from "./try.ts"

/** A block of lines: the rule, what it does, and each step. `event`: name the event, because there are several. */
export const triedText = (
  { event, preview: { rule, outcome, why, often, steps } }: Tried,
  { bold, dim, red, cyan }: Colours,
  namesEvent = false
): string => {
  const at = namesEvent ? dim(`  ${event.id} of ${moment(event.at)}`) : ""
  const head = (text: string): string => `${bold(rule)}  ${text}${at}`
  if (outcome === "not matched") return head(dim(`not matched: ${plain(why ?? "")}`))
  if (outcome === "suppressed") return head(`suppressed: ${plain(why ?? "")}`)
  const gate = often === undefined ? "" : ` (${plain(often)})`
  return [
    head(`${cyan("would be sent")}${gate}`),
    ...steps.flatMap((step, i) => stepLines(step, i + 1).map((line, n) => (n === 0 ? line : dim(line)))),
    ...steps.flatMap(({ problem }, i) =>
      problem === undefined ? [] : [red(`  ${i + 1}. fails: ${plain(problem)}`)]
    )
  ].join("\n")
}

const stepLines = (step: PreviewedStep, place: number): ReadonlyArray<string> => {
  const { kind, isSkipped, waitsFor, call, emit, notify, problem } = step
  if (problem !== undefined) return []
  const waiting =
    waitsFor.length === 0 ? "" : `  (reads the answer of ${waitsFor.join(", ")}, not known here)`
  if (isSkipped) return [`  ${place}. ${kind}: skipped, its if does not hold${waiting}`]
  if (call !== undefined)
    return [
      `  ${place}. ${call.method} ${plain(call.url)}${waiting}`,
      ...call.headers.map(([name, value]) => `       ${plain(name)}: ${plain(value)}`),
      ...(call.body === undefined ? [] : call.body.split("\n").map((line) => `       ${plain(line)}`)),
      ...(call.signature === "none"
        ? []
        : [`       signed with ${call.signature ?? "WEBHOOK_SECRET, if it is set"}`])
    ]
  const pairs = Object.entries(emit?.params ?? notify ?? {}).filter(([, value]) => value !== "")
  return [
    `  ${place}. ${emit === undefined ? "message" : `event ${plain(emit.type)}`}${waiting}`,
    ...pairs.map(([name, value]) => `       ${plain(name)}: ${plain(textOf(value))}`)
  ]
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

/** How many events matched each rule, the rules without one last. */
export const matchesText = ({ records, byRule, first }: Matches): string => {
  const rows = [...byRule].toSorted(([, a], [, b]) => b - a)
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  const all = rows.reduce((sum, [, count]) => sum + count, 0)
  const shown = all > first.length ? `; the first ${first.length} of ${number(all)} matches are shown` : ""
  return [
    `${counted(records, "event")} read; matches of each rule${shown}:`,
    ...rows.map(([name, count]) => `  ${name.padEnd(width)}  ${number(count)}`)
  ].join("\n")
}
