/**
 * What every actor counts, made once by the system so that all actors have the same figures: events received,
 * succeeded, failed (here) and refused (by someone further on, or for lack of room), messages under way beside the
 * most there may be, how long a message took, and how old the oldest event in it was.
 */
import { type Context, Effect, Metric } from "effect"
import type { Behind } from "../../contracts/actor-stats.ts"

export type Outcome =
  | "received"
  | "succeeded"
  | "failed"
  | "refused"
  | "rejected"
  | "renamed"
  | "repeated"
  | "misdated"

/** One actor's figures. Counts are events; one call per message, never per event. */
export interface Meter {
  readonly count: (outcome: Outcome, events: number, reason?: string) => Effect.Effect<void>
  /** A message of so many events came in; with it so many messages are under way. */
  readonly arrived: (events: number, size: number, capacity: number) => Effect.Effect<void>
  readonly settled: (settlement: Settlement) => Effect.Effect<void>
  /** It reads the log, and has read nothing yet since it began to. */
  readonly beginsToRead: () => void
  /** It has read so far in one partition. */
  readonly hasRead: (place: Behind) => void
  /** The totals so far, for NATS `$SRV.STATS`. */
  readonly totals: () => Totals
}

/** How a message ended. */
export interface Settlement {
  readonly outcome: Outcome
  readonly events: number
  readonly reason: string | undefined
  /** How long it took. */
  readonly milliseconds: number
  /** Of the oldest event in it, milliseconds. */
  readonly age: number | undefined
  /** Messages that are under way without it, and may be. */
  readonly size: number
  readonly capacity: number
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface Totals {
  readonly messages: number
  readonly busyNanoseconds: number
  readonly events: Readonly<Record<Outcome, number>>
  readonly lastError: string
  /** Messages under way or waiting now. */
  readonly underWay: number
  /** Age of the oldest event in the message handled last, and when that was, milliseconds. */
  readonly lag: number | undefined
  readonly lastAt: number | undefined
  /** Each partition it has read; undefined when it is no reader of the log. */
  readonly behind: ReadonlyArray<Behind> | undefined
}

/** NOTE: `Metric.withAttributes` would write down a series' name again at every update. */
const events = (attributes: Readonly<Record<string, string>>) =>
  Metric.counter("spoor_actor_events_total", {
    description:
      "Events by actor and outcome; failed: its own fault, refused: somebody further on, or no room.",
    incremental: true,
    attributes
  })
const duration = (actor: string) =>
  Metric.histogram("spoor_actor_message_duration_seconds", {
    description: "How long one message (a batch of events) took, from its arrival to its settlement.",
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    attributes: { actor }
  })
const lag = (actor: string) =>
  Metric.gauge("spoor_actor_lag_seconds", {
    description: "Age of the oldest event in the message handled last.",
    attributes: { actor }
  })
const mailboxSize = (actor: string) =>
  Metric.gauge("spoor_actor_mailbox_size", {
    description: "Messages under way or waiting.",
    attributes: { actor }
  })
const mailboxCapacity = (actor: string) =>
  Metric.gauge("spoor_actor_mailbox_capacity", {
    description: "How many messages may be under way or waiting; more are refused.",
    attributes: { actor }
  })

/** What keeps all series of the process. */
type Figures = Context.Context<never>

const withFigures = (update: (context: Figures) => void): Effect.Effect<void> =>
  Effect.contextWith((context: Figures) => {
    update(context)
    return Effect.void
  })

/** The figures of the actor of that name. */
export const makeMeter = (actor: string): Meter => {
  const totals: Record<Outcome, number> = {
    received: 0,
    succeeded: 0,
    failed: 0,
    refused: 0,
    rejected: 0,
    renamed: 0,
    repeated: 0,
    misdated: 0
  }
  let messages = 0
  let busyNanoseconds = 0
  let lastError = ""
  let messagesInFlight = 0
  let lastAge: number | undefined
  let lastAt: number | undefined
  let read: Map<string, Behind> | undefined
  const ownDuration = duration(actor)
  const ownLag = lag(actor)
  const ownSize = mailboxSize(actor)
  const ownCapacity = mailboxCapacity(actor)
  const series = new Map<string, Metric.Counter<number>>()
  const eventsOf = (outcome: Outcome, reason: string | undefined): Metric.Counter<number> => {
    const name = reason === undefined ? outcome : `${outcome} ${reason}`
    const known = series.get(name)
    if (known !== undefined) return known
    const one = events(reason === undefined ? { actor, outcome } : { actor, outcome, reason })
    series.set(name, one)
    return one
  }

  const counted = (outcome: Outcome, number: number, reason: string | undefined, context: Figures): void => {
    if (number === 0) return
    totals[outcome] += number
    if (reason !== undefined) lastError = reason
    eventsOf(outcome, reason).updateUnsafe(number, context)
  }
  const measured = (size: number, capacity: number, context: Figures): void => {
    messagesInFlight = size
    ownSize.updateUnsafe(size, context)
    ownCapacity.updateUnsafe(capacity, context)
  }

  return {
    count: (outcome, number, reason) => withFigures((context) => counted(outcome, number, reason, context)),
    arrived: (number, size, capacity) =>
      withFigures((context) => {
        counted("received", number, undefined, context)
        measured(size, capacity, context)
      }),
    settled: ({ outcome, events: number, reason, milliseconds, age, size, capacity, now }) =>
      withFigures((context) => {
        messages += 1
        busyNanoseconds += milliseconds * 1e6
        lastAt = now
        ownDuration.updateUnsafe(milliseconds / 1000, context)
        if (age !== undefined) {
          lastAge = age
          ownLag.updateUnsafe(age / 1000, context)
        }
        measured(size, capacity, context)
        counted(outcome, number, reason, context)
      }),
    beginsToRead: () => {
      read = new Map()
    },
    hasRead: (place) => {
      read?.set(`${place.partition} ${place.topic}`, place)
    },
    totals: () => ({
      messages,
      busyNanoseconds: Math.round(busyNanoseconds),
      events: { ...totals },
      lastError,
      underWay: messagesInFlight,
      lag: lastAge,
      lastAt,
      behind: read === undefined ? undefined : [...read.values()]
    })
  }
}
