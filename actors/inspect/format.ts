/** Numbers, times and reasons in the sentences of the watch. */
import { number } from "./plain-text.ts"

/** "1 line waits" or "1,200 lines wait": both forms given whole, the number put in front. */
export const many = (count: number, one: string, several: string): string =>
  `${number(count)} ${count === 1 ? one : several}`

/** To two digits behind the point; what cannot be less than nothing is not. */
export const rounded = (value: number): number => Math.max(0, Math.round(value * 100) / 100)

/** Milliseconds as a person says them: "12 s", "5 min", "3 h", "2 days". */
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
  unavailable: "a system it needs cannot be reached or refuses",
  "no-responders": "nobody is there who would go on with it",
  busy: "those behind it have too much to do",
  expired: "there is no time left when it begins",
  timeout: "no answer comes in time",
  "no-answer": "those it asks are silent",
  "too-large": "it is too large to be sent",
  unreadable: "it cannot be read",
  misconfigured: "a setting of the actor cannot work",
  crashed: "it crashes",
  interrupted: "it was stopped"
}

/** What a reason of a failure means; others stand as they are. */
export const reasonText = (reason: string): string => reasons[reason] ?? (reason || "the reason is not told")

/** The text as a sentence, with an end. */
export const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)
