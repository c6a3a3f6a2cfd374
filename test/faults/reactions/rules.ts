/**
 * The rules of a world, each with a predicate of its own that says for which events it must match: written here, without
 * Spoor's code, from records that an independent client has read.
 */
import type { Call, Rule } from "../../../contracts/reactions/rule.ts"
import type { ForeignRecord } from "../../support/kcat.ts"
import { recordParts, typeOf } from "../expected-record.ts"

/** An event as the log has it. */
export interface LogEvent {
  readonly id: string
  readonly topic: string
  readonly type: string
  readonly params: URLSearchParams
  /** When the log stored it, ms since 1970. */
  readonly time: number
}

export interface WorldRule {
  readonly rule: Rule
  /** The name of the target that gets the calls; undefined for a rule that calls none. */
  readonly target: string | undefined
  readonly matches: (event: LogEvent) => boolean
  /** How its deliveries must end: each is delivered, or each is dead. */
  readonly ends: "delivered" | "dead"
}

/** The targets by name, and the rules of the start. */
export interface ReactionsNeed {
  readonly targets: ReadonlyArray<string>
  readonly rules: ReadonlyArray<WorldRule>
  /** The reactions are in a Redis of their own (`world.reactions.redis`), by PROJECTIONS_URL; default: in that of the queue. */
  readonly hasOwnRedis?: boolean
}

/** The event of a record; undefined when it is none. */
export const logEventOf = (
  topic: string,
  { value, headers, timestamp }: ForeignRecord
): LogEvent | undefined => {
  const parts = recordParts(value)
  return parts === undefined
    ? undefined
    : {
        id: headers.id ?? "",
        topic,
        type: typeOf(parts),
        params: new URLSearchParams(parts.query),
        time: timestamp
      }
}

/** What a call says of its event; the oracle compares it with the log. */
export const bodyOf = ({ id, params, time }: LogEvent): string =>
  JSON.stringify({ event: id, n: params.get("id"), at: String(time) })

/** The variable of the rules that is the origin of a target. */
export const variableOf = (target: string): string => `TARGET_${target.toUpperCase()}`

/** The kinds of events (`kind-<n>`, n below 40) from `first` to `last`. */
const kinds = (first: number, last: number): ReadonlyArray<string> =>
  Array.from({ length: last - first + 1 }, (_, i) => `kind-${first + i}`)

/** A rule that calls the target for each event of these kinds whose visitor is known. */
export const callRule = (
  name: string,
  target: string,
  [first, last]: readonly [number, number],
  { call = {}, ends = "delivered" }: { readonly call?: Partial<Call>; readonly ends?: WorldRule["ends"] } = {}
): WorldRule => {
  const types = kinds(first, last)
  return {
    rule: {
      name,
      when: { type: types, all: ["params.id exists", "params.visit < 100"] },
      do: {
        call: {
          method: "POST",
          url: `{{ vars.${variableOf(target)} }}/hook/${name}`,
          body: { event: "{{ event.id }}", n: "{{ params.id }}", at: "{{ event.time }}" },
          ...call
        }
      }
    },
    target,
    matches: ({ type, params }) => types.includes(type) && params.has("id") && params.has("visit"),
    ends
  }
}

/** The start of the types of events that rules emit. */
export const emittedPrefix = "emitted-"

/** A rule that emits an event `emitted-<name>` for each event of these kinds. */
export const emitRule = (name: string, [first, last]: readonly [number, number]): WorldRule => {
  const types = kinds(first, last)
  return {
    rule: {
      name,
      when: { type: types },
      do: { emit: { type: `${emittedPrefix}${name}`, params: { cause: "{{ event.id }}" } } }
    },
    target: undefined,
    matches: ({ type }) => types.includes(type),
    ends: "delivered"
  }
}
