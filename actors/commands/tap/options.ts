/** The argument and flags of `tap`, and the request made from them. */
import { Argument, type Command, Flag } from "effect/cli"
import { CopyStage } from "../../../contracts/event-copy.ts"
import { matches, readFilter } from "../../inspect/events/filter.ts"
import type { EventView, Filter } from "../../inspect/events/messages.ts"
import { countFlag, switchFlag, textFlag } from "../command-line/flags.ts"
import { readWhere } from "./where.ts"

/** A flag that becomes this part of the filter. */
const filterFlag = (name: string, form: string, description: string, part: keyof Filter) =>
  textFlag(name, form, description).pipe(
    Flag.filter(
      (text) => text === undefined || readFilter({ [part]: text }) !== undefined,
      () => "at most 1,000 characters"
    )
  )

export const tapOptions = {
  stage: Argument.Literals("stage", CopyStage.literals).pipe(
    Argument.withMetavar(CopyStage.literals.join("|")),
    Argument.withDescription(
      "Lines as claimed, finished records, records that Kafka has confirmed, or rejected lines"
    )
  ),
  topic: filterFlag("topic", "<topic>", "Only events of this topic", "topic"),
  type: filterFlag(
    "type",
    "<text>",
    "Only events whose type contains the text; =text: whose type is the text",
    "type"
  ),
  where: filterFlag(
    "where",
    "<conditions>",
    "Only events for which all conditions hold, joined by &; see above",
    "param"
  ),
  text: filterFlag(
    "text",
    "<text>",
    "Only events with the text anywhere in the line or record, or with this id",
    "text"
  ),
  limit: countFlag("limit", "End after this many events").pipe(Flag.withDefault(undefined)),
  json: switchFlag("json", "Print each event whole as one line of JSON, as the tap actor publishes it")
}

export type TapInput = Command.Command.Config.Infer<typeof tapOptions>

export interface TapRequest {
  readonly stage: CopyStage
  /** In the form that the viewer's GET /live takes. */
  readonly filter: Filter
  /** True for events that match all conditions, also those that the viewer cannot filter by. */
  readonly isMatch: (event: EventView) => boolean
  /** True when anything but the stage is given. */
  readonly isFiltered: boolean
  readonly json: boolean
  /** The number of events to show; undefined: until a signal. */
  readonly limit: number | undefined
}

export const tapRequest = (input: TapInput): TapRequest => {
  const { stage, topic, type, text, json, limit, where: conditions = "" } = input
  const where = readWhere(conditions)
  const filter: Filter = {
    stage,
    ...(topic === undefined ? {} : { topic }),
    ...(type === undefined ? {} : { type }),
    ...(text === undefined ? {} : { text }),
    ...where.filter
  }
  const isMatching = matches(filter)
  return {
    stage,
    filter,
    isMatch: (event) => isMatching(event) && where.holds(event),
    isFiltered: [topic, type, text].some((one) => one !== undefined) || conditions.trim() !== "",
    json,
    limit
  }
}
