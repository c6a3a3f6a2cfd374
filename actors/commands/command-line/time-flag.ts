/** The flag for a moment that several commands share. */
import { Clock, Effect } from "effect"
import { CliError, Flag } from "effect/cli"
import { durationOf, hasUnit } from "../../../contracts/quantity.ts"

/** A flag for a time: ISO 8601 (UTC if it has no zone), or an age: 30s, 10m, 2h, 7d. */
export const timeFlag = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<time>"),
    Flag.withDescription(description),
    Flag.mapEffect((text) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const at = timeOf(text, now)
        if (at !== undefined) return Effect.succeed(at)
        const expected = "a time like 2026-11-20T18:00, or an age: 30s, 10m, 2h, 7d"
        return new CliError.InvalidValue({ option: name, value: text, expected, kind: "flag" })
      })
    ),
    Flag.withDefault(undefined)
  )

const timeOf = (text: string, now: number): number | undefined => {
  const age = hasUnit(text) ? durationOf(text, "seconds") : undefined
  if (age !== undefined && Number.isFinite(age)) return now - age
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text)
  const at = Date.parse(hasZone || text.length === 10 ? text : `${text.replace(" ", "T")}Z`)
  return Number.isNaN(at) ? undefined : at
}
