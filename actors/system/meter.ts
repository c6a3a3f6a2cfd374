/**
 * What every actor counts, made once by the system so that all actors have the same figures: events received,
 * succeeded, failed (here) and refused (by someone further on, or for lack of room), messages under way beside the
 * most there may be, how long a message took, and how old the oldest event in it was.
 */
import { Clock, Effect, Metric } from "effect"
import type { Behind } from "../../contracts/figures.ts"

export type Outcome = "received" | "succeeded" | "failed" | "refused" | "rejected" | "renamed" | "repeated"

/** One actor's figures. Counts are events; one call per message, never per event. */
export interface Meter {
  readonly count: (outcome: Outcome, events: number, reason?: string) => Effect.Effect<void>
  /** A message was done after so many milliseconds; `age` is that of the oldest event in it, milliseconds. */
  readonly took: (duration: number, age: number | undefined) => Effect.Effect<void>
  readonly underWay: (messages: number, capacity: number) => Effect.Effect<void>
  /** It reads the log, and has read nothing yet since it began to. */
  readonly beginsToRead: () => void
  /** It has read so far in one partition. */
  readonly hasRead: (place: Behind) => void
  /** The totals so far, for NATS `$SRV.STATS`. */
  readonly totals: () => Totals
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

const events = Metric.counter("spoor_actor_events_total", {
  description:
    "Events by actor and outcome; failed: its own fault, refused: somebody further on, or no room.",
  incremental: true
})
const duration = Metric.histogram("spoor_actor_message_duration_seconds", {
  description: "How long one message (a batch of events) took, from its arrival to its settlement.",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
})
const lag = Metric.gauge("spoor_actor_lag_seconds", {
  description: "Age of the oldest event in the message handled last."
})
const mailboxSize = Metric.gauge("spoor_actor_mailbox_size", {
  description: "Messages under way or waiting."
})
const mailboxCapacity = Metric.gauge("spoor_actor_mailbox_capacity", {
  description: "How many messages may be under way or waiting; more are refused."
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
    repeated: 0
  }
  let messages = 0
  let busyNanoseconds = 0
  let lastError = ""
  let messagesUnderWay = 0
  let lastAge: number | undefined
  let lastAt: number | undefined
  let read: Map<string, Behind> | undefined
  const own = { actor }
  const ownDuration = Metric.withAttributes(duration, own)
  const ownLag = Metric.withAttributes(lag, own)
  const ownSize = Metric.withAttributes(mailboxSize, own)
  const ownCapacity = Metric.withAttributes(mailboxCapacity, own)
  return {
    count: (outcome, number, reason) => {
      if (number === 0) return Effect.void
      totals[outcome] += number
      if (reason !== undefined) lastError = reason
      const attributes = reason === undefined ? { ...own, outcome } : { ...own, outcome, reason }
      return Metric.update(Metric.withAttributes(events, attributes), number)
    },
    took: (milliseconds, age) => {
      messages += 1
      busyNanoseconds += milliseconds * 1e6
      const took = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        lastAt = now
        return Metric.update(ownDuration, milliseconds / 1000)
      })
      if (age === undefined) return took
      lastAge = age
      return Effect.andThen(took, Metric.update(ownLag, age / 1000))
    },
    underWay: (size, capacity) => {
      messagesUnderWay = size
      return Effect.andThen(Metric.update(ownSize, size), Metric.update(ownCapacity, capacity))
    },
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
      underWay: messagesUnderWay,
      lag: lastAge,
      lastAt,
      behind: read === undefined ? undefined : [...read.values()]
    })
  }
}
