/** What the pages ask of the dead letters: the search in an address, and the orders that are posted. */
import { Schema } from "effect"
import { RejectedBy, RejectionReason } from "../../../contracts/batch.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import type { DeadLetterQuery } from "../../inspect/dead-letters/search.ts"

/** So many letters are on a page of the list, may be chosen one by one, and are looked at for one page. */
export const pageSize = 50
const maxChosen = 100
const maxScanned = 20_000

const Text = Schema.String.check(Schema.isMaxLength(1_000))

/** Which letters; what is left out does not matter. */
export const DeadLetterFilter = Schema.Struct({
  reason: Schema.optionalKey(RejectionReason),
  stage: Schema.optionalKey(RejectedBy),
  topic: Schema.optionalKey(Topic),
  text: Schema.optionalKey(Text)
})

/** Letters by their addresses. */
const Chosen = Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1), Schema.isMaxLength(maxChosen))

export const ReplayOrder = Schema.Union([
  Schema.Struct({
    letters: Chosen,
    /** Instead of the letter's own, readable; of one letter alone. */
    line: Schema.optionalKey(Schema.String),
    force: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.Struct({ filter: DeadLetterFilter, force: Schema.optionalKey(Schema.Boolean) })
])
export type ReplayOrder = typeof ReplayOrder.Type

export const DiscardOrder = Schema.Union([
  Schema.Struct({ letters: Chosen }),
  Schema.Struct({ filter: DeadLetterFilter })
])
export type DiscardOrder = typeof DiscardOrder.Type

/** A line to try: this text, readable, or the one of a letter. */
export const TryOrder = Schema.Union([
  Schema.Struct({ line: Schema.String }),
  Schema.Struct({ letter: Schema.NonEmptyString })
])
export type TryOrder = typeof TryOrder.Type

/** What the orders look like, for those who got it wrong. */
export const shapes = {
  replay: '{"letters": [addresses], "line"?, "force"?} or {"filter": {}, "force"?}',
  discard: '{"letters": [addresses]} or {"filter": {}}',
  try: '{"line": text} or {"letter": address}'
}

const decodeFilter = Schema.decodeUnknownOption(DeadLetterFilter)

/** The search that an address names; an empty value counts as left out. Throws `Failure` "unreadable". */
export const queryOf = (search: URLSearchParams): DeadLetterQuery => {
  const given = Object.fromEntries(
    ["reason", "stage", "topic", "text"].flatMap((name) => {
      const value = search.get(name) ?? ""
      return value === "" ? [] : [[name, value]]
    })
  )
  const filter = decodeFilter(given)
  if (filter._tag === "None") {
    throw new Failure({ reason: "unreadable", message: "No dead letter can match such a filter." })
  }
  const cursor = search.get("cursor") ?? ""
  return {
    ...filter.value,
    limit: pageSize,
    scan: maxScanned,
    ...(cursor === "" ? {} : { cursor })
  }
}
