/** Requests about dead letters: the filter in a query, and the commands to replay, discard and dry-run. Pure. */
import { Schema } from "effect"
import { DeadLetterReason, DeadLetterStage } from "../../../contracts/dead-letter.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import type { DeadLetterQuery } from "../../inspect/dead-letters/search.ts"

/** Limits: dead letters on a page of the list, dead letters selected one by one, and dead letters scanned for one page. */
export const pageSize = 50
const maxSelected = 100
const maxScanned = 20_000

const Text = Schema.String.check(Schema.isMaxLength(1_000))

/** An absent field matches everything. */
export const DeadLetterFilter = Schema.Struct({
  reason: Schema.optionalKey(DeadLetterReason),
  stage: Schema.optionalKey(DeadLetterStage),
  topic: Schema.optionalKey(Topic),
  text: Schema.optionalKey(Text)
})

/** Dead letters by their addresses. */
const Selected = Schema.Array(Schema.NonEmptyString).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(maxSelected)
)

export const ReplayCommand = Schema.Union([
  Schema.Struct({
    letters: Selected,
    /** An edited line, escaped, that replaces the line of a single dead letter. */
    line: Schema.optionalKey(Schema.String),
    force: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.Struct({ filter: DeadLetterFilter, force: Schema.optionalKey(Schema.Boolean) })
])
export type ReplayCommand = typeof ReplayCommand.Type

export const DiscardCommand = Schema.Union([
  Schema.Struct({ letters: Selected }),
  Schema.Struct({ filter: DeadLetterFilter })
])
export type DiscardCommand = typeof DiscardCommand.Type

/** The line of a dry run: this text, escaped, or that of a dead letter. */
export const DryRunCommand = Schema.Union([
  Schema.Struct({ line: Schema.String }),
  Schema.Struct({ letter: Schema.NonEmptyString })
])
export type DryRunCommand = typeof DryRunCommand.Type

/** The shapes of the commands, for error messages. */
export const shapes = {
  replay: '{"letters": [addresses], "line"?, "force"?} or {"filter": {}, "force"?}',
  discard: '{"letters": [addresses]} or {"filter": {}}',
  dryRun: '{"line": text} or {"letter": address}'
}

const decodeFilter = Schema.decodeUnknownOption(DeadLetterFilter)

/** The filter and cursor in a query; an empty value counts as absent. Throws `Failure` "unreadable". */
export const queryOf = (params: URLSearchParams): DeadLetterQuery => {
  const given = Object.fromEntries(
    ["reason", "stage", "topic", "text"].flatMap((name) => {
      const value = params.get(name) ?? ""
      return value === "" ? [] : [[name, value]]
    })
  )
  const filter = decodeFilter(given)
  if (filter._tag === "None") {
    throw new Failure({
      reason: "unreadable",
      message: "Invalid filter: check reason, stage, topic and text."
    })
  }
  const cursor = params.get("cursor") ?? ""
  return {
    ...filter.value,
    limit: pageSize,
    scan: maxScanned,
    ...(cursor === "" ? {} : { cursor })
  }
}
