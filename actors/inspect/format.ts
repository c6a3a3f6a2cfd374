/** Formats numbers, durations and failure reasons for the sentences of the health rules. Pure. */
import { number } from "./plain-text.ts"

/** "1 line waits" or "1,200 lines wait": the number, then the singular or plural form. */
export const many = (count: number, one: string, several: string): string =>
  `${number(count)} ${count === 1 ? one : several}`

/** Rounded to two decimals; never negative. */
export const rounded = (value: number): number => Math.max(0, Math.round(value * 100) / 100)

/** A duration in milliseconds for people: "12 s", "5 min", "3 h", "2 days". */
export const span = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** Names as a list: "a, b and c". */
export const listed = (names: ReadonlyArray<string>): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

const reasons: Readonly<Record<string, string>> = {
  unavailable: "a system it requires is unreachable or refuses",
  "no-responders": "no instance of the next actor is running",
  busy: "the next actor is busy",
  expired: "the deadline passes before it begins",
  timeout: "no answer arrives in time",
  "no-answer": "the next actor does not reply",
  "too-large": "the message is too large to send",
  unreadable: "the message is invalid",
  misconfigured: "a setting is invalid",
  crashed: "it crashes",
  interrupted: "it was stopped"
}

/** A failure reason as text; unknown reasons are returned unchanged. */
export const reasonText = (reason: string): string => reasons[reason] ?? (reason || "no reason was reported")

/** The text with a full stop, unless it already ends as a sentence. */
export const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)
