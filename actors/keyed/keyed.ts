/**
 * Keyed actors: state and timers for each value of a parameter, exact through crashes, rebalances and repeated delivery.
 * How one is placed and how its clock runs: actors/README.md, "Keyed actors".
 */
import { Effect } from "effect"
import { EventLog } from "../../bridge/event-log/service.ts"
import { KeyedStore } from "../../bridge/keyed-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { Topic } from "../../contracts/ids.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { readEvent } from "../inspect/counters/counted-event.ts"
import * as Actor from "../runtime/actor.ts"
import { Self } from "../runtime/actor-context.ts"
import { eventLog, keyedStore } from "../runtime/dependencies.ts"
import { type KeyOf, usableKey } from "../runtime/inbox/key.ts"
import { keyedRecords } from "../runtime/inbox/keyed.ts"
import { makeKeyedFigures } from "../runtime/inbox/keyed-figures.ts"
import type { KeyedInbox } from "../runtime/inbox/keyed-placement.ts"
import { readTopics } from "../transform/topics.ts"
import type { KeyedDefinition, Settings, Values } from "./definition.ts"
import { makeEngine } from "./engine.ts"
import { stateCodec } from "./states.ts"

export type {
  Emission,
  FiredTimer,
  Forward,
  KeyedContext,
  KeyedDefinition,
  KeyedEvent,
  KeyedHandlers,
  KeyedResult
} from "./definition.ts"
export { KeptEvent } from "./kept-event.ts"
export { readKept } from "./keyed-event.ts"

/** Partitions handled at the same time: while one waits for the store, another is computed. */
const partitionsAtOnce = 4

/**
 * Makes a keyed actor.
 *
 * @example Counts the events of each device.
 * ```ts
 * export const DeviceEvents = keyed({
 *   name: "device-events",
 *   summary: "Counts the events of each device.",
 *   param: "deviceid",
 *   state: Schema.Struct({ events: Schema.Int }),
 *   handlers: () => ({ onEvent: (_, { state }) => ({ state: { events: (state?.events ?? 0) + 1 } }) })
 * })
 * ```
 */
export const keyed = <S, const T extends Settings = Record<never, never>>(
  definition: KeyedDefinition<S, T>
): Actor.Actor => {
  const { name, topics, emits, settings = {} as T } = definition
  const key = keyOfDefinition(definition, settings)
  const outputTopic = readOutputTopic(definition)
  return Actor.make(
    name,
    {
      summary: definition.summary,
      receives: keyedRecords({ name, key, topics, creates: outputTopic }),
      sends:
        emits === undefined
          ? "nothing"
          : `records to the topic ${typeof emits === "string" ? emits : emits.name}`,
      requires: [eventLog, keyedStore],
      settings: [...settingsIn(emits), ...Object.values(settings)],
      checks: [outputTopic],
      concurrency: partitionsAtOnce,
      waiting: 16
    },
    Effect.gen(function* () {
      const { handlers, state } = definition
      const { meter } = yield* Self
      yield* meter.declare("repeated", ["seen before"])
      yield* meter.declare("rejected", ["crashed", "refused by the log"])
      return makeEngine({
        actor: name,
        behaviour: {
          handlers: handlers((yield* readAll(settings)) as Values<T>),
          codec: stateCodec(state),
          topics: topics === undefined ? undefined : new Set(topics),
          emits: yield* outputTopic,
          forwards: definition.key !== undefined
        },
        log: yield* EventLog,
        store: yield* KeyedStore,
        meter,
        figures: yield* makeKeyedFigures(name)
      })
    })
  )
}

/** What the inbox copies and places records by. */
const keyOfDefinition = <S, T extends Settings>(
  { name, param, key, needs = [] }: KeyedDefinition<S, T>,
  settings: T
): KeyedInbox["key"] => {
  if (param !== undefined && key === undefined) return param
  if (key === undefined || param !== undefined)
    throw new Error(`The keyed actor ${name} needs either a parameter (param) or a function (key).`)
  const keyOf = Effect.map(readAll(settings), (values): KeyOf => {
    const compute = key(values as Values<T>)
    return (record, topic) => {
      const event = readEvent(record)
      try {
        return event === undefined ? undefined : usableKey(compute(event, topic))
      } catch {
        // The copier would stop here for ever. The record counts as passed over.
        return undefined
      }
    }
  })
  return { keyOf, needs }
}

const settingsIn = (one: string | Setting<string> | undefined): ReadonlyArray<Setting<unknown>> =>
  one === undefined || typeof one === "string" ? [] : [one]

/** The topic of what the actor emits. An actor that reads it would handle its own records again and again. */
const readOutputTopic = ({ name, emits }: Pick<KeyedDefinition<never, never>, "name" | "emits">) =>
  Effect.gen(function* () {
    if (emits === undefined) return undefined
    const topic = typeof emits === "string" ? emits : yield* emits.config
    const { all } = yield* readTopics
    const setting = typeof emits === "string" ? `The topic "${topic}" of ${name}` : `${emits.name} "${topic}"`
    if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic))
      return yield* misconfigured(`${setting} is not a valid name of a Kafka topic.`)
    if (all.some((one) => one === topic))
      return yield* misconfigured(
        `${setting} is one of KAFKA_TOPIC and KAFKA_TOPICS, which ${name} reads: choose another topic for what it emits.`
      )
    return Topic.make(topic)
  })

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })
