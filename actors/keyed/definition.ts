/**
 * The definition of a keyed actor: what it is keyed by, its state, and pure functions of one event or one timer. Events of
 * one key arrive one at a time, in order of arrival, at one process of the cluster; what a function returns is written
 * together with the fence that makes the event count once.
 */
import type { Schema } from "effect"
import type { Topic } from "../../contracts/ids.ts"
import type { Setting } from "../../contracts/setting.ts"
import type { CountedEvent } from "../inspect/counters/counted-event.ts"
import type { KeptEvent } from "./kept-event.ts"

/** An event of the actor's key. Times are milliseconds since 1970. */
export interface KeyedEvent {
  /** Its header `id`; undefined for a record without one. */
  readonly id: string | undefined
  /** The topic in which the log stored it. */
  readonly topic: Topic
  /** When the log stored it: the time that timers compare with. */
  readonly at: number
  /** When the edge received it; `at` where that is not known. */
  readonly received: number
  /** The event type for people, decoded. */
  readonly type: string
  /** A parameter's value, decoded; undefined where absent. */
  readonly param: (name: string) => string | undefined
  /** A value of the record's meta part, decoded; empty where absent. */
  readonly meta: (name: string) => string
  /** Everything else that a counter knows of an event. */
  readonly event: CountedEvent
  /** How many keys have passed the event on to this one; 0 for an event of the log. */
  readonly hops: number
  /** The event as data, for the state of the key or to pass it on. */
  readonly keep: () => KeptEvent
}

/** The key of an event or a timer, its state, and the time. */
export interface KeyedContext<S> {
  readonly key: string
  /** The state of the key; undefined when it has none. */
  readonly state: S | undefined
  /**
   * The clock of the partition, milliseconds since 1970: all events that the log stored before it were handled. It never
   * runs ahead of unread records, and stays TIMER_DELAY behind the wall clock.
   */
  readonly now: number
}

/** A timer that fires: its clock has reached `due`. */
export interface FiredTimer {
  readonly name: string
  readonly due: number
}

/** A record to append: an event of that type with these parameters, in the topic `emits`. */
export interface Emission {
  readonly type: string
  readonly params: Readonly<Record<string, string | number>>
}

/** What a function returns. Everything is optional; `{}` changes nothing. */
export interface KeyedResult<S> {
  /** The new state of the key; `undefined` removes it; without the field it stays as it is. */
  readonly state?: S | undefined
  /** Timers of the key to set, by name: when each is due (ms since 1970). `undefined` stops a timer. */
  readonly timers?: Readonly<Record<string, number | undefined>>
  readonly emit?: ReadonlyArray<Emission>
  /** Events to pass on to other keys, each exactly once: only where the actor computes its keys. */
  readonly forward?: ReadonlyArray<Forward>
}

/** An event that is passed on to the key. There it has one hop more, and its `id`, `at` and `received` are as they were. */
export interface Forward {
  readonly key: string
  readonly event: KeptEvent
}

/**
 * Pure functions: the same arguments give the same result, without effects, because a call may be repeated. A call that
 * throws changes nothing: its event is skipped, or its timer removed, which is counted and logged.
 */
export interface KeyedHandlers<S> {
  readonly onEvent: (event: KeyedEvent, context: KeyedContext<S>) => KeyedResult<S>
  /** A timer that it sets must be due later than the one that fires. */
  readonly onTimer?: (timer: FiredTimer, context: KeyedContext<S>) => KeyedResult<S>
}

/** The values of settings, by the given names. */
export type Values<T extends Settings> = {
  readonly [K in keyof T]: T[K] extends Setting<infer A> ? A : never
}
export type Settings = Readonly<Record<string, Setting<unknown>>>

/** The description of a keyed actor. */
export interface KeyedDefinition<S, T extends Settings> {
  /** Unique among all actors; its consumer group is `spoor-<name>`. */
  readonly name: string
  /** One sentence, for `--list`. */
  readonly summary: string
  /** The parameter whose value is the key; events without it are passed over. Either this or `key`. */
  readonly param?: string | Setting<string>
  /**
   * Instead of a parameter, makes the function that computes the key of an event: undefined, empty or longer than 512
   * characters passes it over. The events with a key are copied to the topic REKEY_PREFIX and the actor's name. Another
   * function for events that were copied before finds their state no more.
   */
  readonly key?: (values: Values<T>) => (event: CountedEvent, topic: Topic) => string | undefined
  /** Topics without which the actor has nothing to do; with `key` only. */
  readonly needs?: ReadonlyArray<string>
  /** The topics it reads; default: all of KAFKA_TOPIC and KAFKA_TOPICS. */
  readonly topics?: ReadonlyArray<string>
  /** The topic of what it emits, which must not be one it reads. */
  readonly emits?: string | Setting<string>
  /** Settings whose values `handlers` gets. */
  readonly settings?: T
  /** The state of a key, stored as JSON of at most 64 KiB. A later version of the schema must read what this one wrote. */
  readonly state: Schema.Codec<S, unknown>
  /** Makes the functions, at each start. */
  readonly handlers: (values: Values<T>) => KeyedHandlers<S>
}
