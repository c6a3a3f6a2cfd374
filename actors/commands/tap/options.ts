/** The command line of `tap`, read into what is asked for; throws `WrongUse` with a sentence for what makes no sense. */
import { parseArgs } from "node:util"
import { Schema } from "effect"
import { CopyStage } from "../../../contracts/event-copy.ts"
import { matches, readFilter } from "../../inspect/events/filter.ts"
import type { EventView, Filter } from "../../inspect/events/messages.ts"
import { WrongUse } from "../run-command.ts"
import { readWhere } from "./where.ts"

export interface Tapping {
  readonly stage: CopyStage
  /** As the viewer's GET /live takes it. */
  readonly filter: Filter
  /** Is that event wanted? Says all that is asked for, also what the viewer cannot look for. */
  readonly isWanted: (event: EventView) => boolean
  /** Is anything asked for beside the stage? */
  readonly isFiltered: boolean
  readonly asJson: boolean
  /** How many events to show; undefined: go on until a signal. */
  readonly limit: number | undefined
}

const options = {
  topic: { type: "string" },
  type: { type: "string" },
  where: { type: "string" },
  text: { type: "string" },
  limit: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h" }
} as const

const isStage = Schema.is(CopyStage)
const stages = CopyStage.literals.join(", ")

export const readTapping = (args: ReadonlyArray<string>): Tapping | "help" => {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
  if (values.help === true) return "help"
  const [stage, ...more] = positionals
  if (stage === undefined) throw new WrongUse(`say what to look at: ${stages}`)
  if (!isStage(stage)) throw new WrongUse(`there is no stage "${stage}"; there are ${stages}`)
  if (more.length > 0) throw new WrongUse("tap looks at one stage at a time")
  const { topic, type, text, json, limit, where: condition = "" } = values
  const where = readWhere(condition)
  const filter = readFilter({
    stage,
    ...(topic === undefined ? {} : { topic }),
    ...(type === undefined ? {} : { type }),
    ...(text === undefined ? {} : { text }),
    ...where.filter
  })
  if (filter === undefined) throw new WrongUse("what is looked for may have 1,000 characters")
  const isMatching = matches(filter)
  return {
    stage,
    filter,
    isWanted: (event) => isMatching(event) && where.holds(event),
    isFiltered: [topic, type, text].some((one) => one !== undefined) || condition.trim() !== "",
    asJson: json,
    limit: limit === undefined ? undefined : readLimit(limit)
  }
}

const readLimit = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new WrongUse("--limit wants a number from 1 on")
  return Number(text)
}
