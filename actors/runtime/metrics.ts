/**
 * The metrics that every actor has: events received, succeeded, failed (in this actor) and refused (by an actor or system
 * downstream, or because the mailbox was full); messages in flight and the mailbox's capacity; the duration of a message;
 * and the age of the oldest event. A meter lives as long as the process, through restarts of its actor.
 */
import { type Context, Effect, Metric } from "effect"
import type { Behind } from "../../contracts/actor-stats.ts"
import { failureReasons, isInfrastructure } from "../../contracts/failure.ts"

export type Outcome =
  | "received"
  | "succeeded"
  | "failed"
  | "refused"
  | "rejected"
  | "renamed"
  | "repeated"
  | "misdated"

/** One actor's metrics. Counts are events; called once per message, never per event. */
export interface Meter {
  /** Exports the series of every actor at 0. Called once, before the actor starts. */
  readonly start: (capacity: number) => Effect.Effect<void>
  /** Exports further series at 0: of an outcome, for each of these reasons. */
  readonly declare: (outcome: Outcome, reasons: ReadonlyArray<string>) => Effect.Effect<void>
  /** Brings the series that change by time alone up to `now`, milliseconds since 1970: called when they are read. */
  readonly refresh: (now: number) => Effect.Effect<void>
  readonly count: (outcome: Outcome, events: number, reason?: string) => Effect.Effect<void>
  /**
   * A message of `events` events came in; with it `inFlight` messages are in flight. `oldest`: when its oldest event was
   * created, milliseconds since 1970. The settlement must have the age by the same.
   */
  readonly arrived: (
    events: number,
    inFlight: number,
    capacity: number,
    oldest?: number
  ) => Effect.Effect<void>
  readonly settled: (settlement: Settlement) => Effect.Effect<void>
  /** The actor reads the log and has read nothing since its start. */
  readonly startReading: () => void
  /** The actor has read one partition up to this position. */
  readonly readUpTo: (position: Behind) => void
  /** The totals since the process started, for NATS `$SRV.STATS`. */
  readonly totals: () => Totals
}

/** The outcome of a message. */
export interface Settlement {
  readonly outcome: Outcome
  readonly events: number
  readonly reason: string | undefined
  /** The duration from its arrival to its outcome. */
  readonly milliseconds: number
  /** The age of its oldest event, milliseconds. */
  readonly age: number | undefined
  /** Messages still in flight, and their maximum. */
  readonly inFlight: number
  readonly capacity: number
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface Totals {
  readonly messages: number
  readonly busyNanoseconds: number
  readonly events: Readonly<Record<Outcome, number>>
  readonly lastError: string
  /** Messages in flight or waiting now. */
  readonly underWay: number
  /** The age of the oldest event in the last message, milliseconds, and when that message ended, milliseconds since 1970. */
  readonly lag: number | undefined
  readonly lastAt: number | undefined
  /** The position in each partition it has read; undefined when it does not read the log. */
  readonly behind: ReadonlyArray<Behind> | undefined
}

/** NOTE: `Metric.withAttributes` would build the name of the series again at every update. */
const events = (attributes: Readonly<Record<string, string>>) =>
  Metric.counter("spoor_actor_events_total", {
    description:
      "Events by actor and outcome. failed: this actor failed; refused: an actor or system downstream did, or the mailbox was full.",
    incremental: true,
    attributes
  })
const duration = (actor: string) =>
  Metric.histogram("spoor_actor_message_duration_seconds", {
    description: "Duration of one message (a batch of events), from its arrival to its outcome.",
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    attributes: { actor }
  })
const lag = (actor: string) =>
  Metric.gauge("spoor_actor_lag_seconds", {
    description:
      "Age of the oldest event in flight, or in the last message handled within 15 seconds; 0 when there is none.",
    attributes: { actor }
  })
const mailboxSize = (actor: string) =>
  Metric.gauge("spoor_actor_mailbox_size", {
    description: "Messages in flight or waiting.",
    attributes: { actor }
  })
const mailboxCapacity = (actor: string) =>
  Metric.gauge("spoor_actor_mailbox_capacity", {
    description: "Maximum number of messages in flight or waiting; more are refused.",
    attributes: { actor }
  })

/** The context that holds all metric series of the process. */
type Registry = Context.Context<never>

const update = (apply: (registry: Registry) => void): Effect.Effect<void> =>
  Effect.contextWith((registry: Registry) => {
    apply(registry)
    return Effect.void
  })

/** Makes the meter of the actor of that name. */
export const makeMeter = (actor: string): Meter => {
  const counts = makeCounts(actor)
  const messages = makeMessageFigures(actor)
  let positions: Map<string, Behind> | undefined

  return {
    start: (capacity) =>
      update((registry) => {
        for (const outcome of ["received", "succeeded"] as const) counts.declare(outcome, undefined, registry)
        for (const reason of [...failureReasons, "interrupted"] as const) {
          const isRefusal = reason === "interrupted" || isInfrastructure(reason)
          counts.declare(isRefusal ? "refused" : "failed", reason, registry)
        }
        messages.declare(capacity, registry)
      }),
    declare: (outcome, reasons) =>
      update((registry) => {
        for (const reason of reasons) counts.declare(outcome, reason, registry)
      }),
    refresh: (now) => update((registry) => messages.refresh(now, registry)),
    count: (outcome, events, reason) => update((registry) => counts.add(outcome, events, reason, registry)),
    arrived: (events, inFlight, capacity, oldest) =>
      update((registry) => {
        counts.add("received", events, undefined, registry)
        messages.arrive(oldest)
        messages.setInFlight(inFlight, capacity, registry)
      }),
    settled: (settlement) =>
      update((registry) => {
        messages.settle(settlement, registry)
        counts.add(settlement.outcome, settlement.events, settlement.reason, registry)
      }),
    startReading: () => {
      positions = new Map()
    },
    readUpTo: (position) => {
      positions?.set(`${position.partition} ${position.topic}`, position)
    },
    totals: () => ({
      ...messages.totals(),
      ...counts.totals(),
      behind: positions === undefined ? undefined : [...positions.values()]
    })
  }
}

/** Events by outcome and reason. Each series is looked up by name once and kept. */
const makeCounts = (actor: string) => {
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
  let lastError = ""
  const series = new Map<string, Metric.Counter<number>>()
  const seriesOf = (outcome: Outcome, reason: string | undefined): Metric.Counter<number> => {
    const name = reason === undefined ? outcome : `${outcome} ${reason}`
    const known = series.get(name)
    if (known !== undefined) return known
    const one = events(reason === undefined ? { actor, outcome } : { actor, outcome, reason })
    series.set(name, one)
    return one
  }
  return {
    declare: (outcome: Outcome, reason: string | undefined, registry: Registry): void =>
      seriesOf(outcome, reason).updateUnsafe(0, registry),
    add: (outcome: Outcome, count: number, reason: string | undefined, registry: Registry): void => {
      if (count === 0) return
      totals[outcome] += count
      if (reason !== undefined) lastError = reason
      seriesOf(outcome, reason).updateUnsafe(count, registry)
    },
    totals: () => ({ events: { ...totals }, lastError })
  }
}

/** How long the age of the last message counts as the lag after it: as long as scrapes are usually apart, milliseconds. */
const lagHeldMs = 15_000

/** The figures of messages: their number in flight, their duration, and the age of their events. */
const makeMessageFigures = (actor: string) => {
  let messages = 0
  let busyNanoseconds = 0
  let underWay = 0
  let lastAge: number | undefined
  let lastAt: number | undefined
  /** When the oldest event of each message in flight was created. */
  const inFlightSince: Array<number> = []
  const ownDuration = duration(actor)
  const ownLag = lag(actor)
  const ownSize = mailboxSize(actor)
  const ownCapacity = mailboxCapacity(actor)
  const setInFlight = (inFlight: number, capacity: number, registry: Registry): void => {
    underWay = inFlight
    ownSize.updateUnsafe(inFlight, registry)
    ownCapacity.updateUnsafe(capacity, registry)
  }
  return {
    setInFlight,
    arrive: (oldest: number | undefined): void => {
      if (oldest !== undefined) inFlightSince.push(oldest)
    },
    declare: (capacity: number, registry: Registry): void => {
      setInFlight(0, capacity, registry)
      ownLag.updateUnsafe(0, registry)
      // NOTE: reading a histogram creates its series without an observation.
      ownDuration.valueUnsafe(registry)
    },
    refresh: (now: number, registry: Registry): void => {
      const isRecent = lastAt !== undefined && now - lastAt < lagHeldMs
      const ages = inFlightSince.map((since) => now - since)
      ownLag.updateUnsafe(Math.max(0, isRecent ? (lastAge ?? 0) : 0, ...ages) / 1000, registry)
    },
    settle: ({ milliseconds, age, inFlight, capacity, now }: Settlement, registry: Registry): void => {
      messages += 1
      busyNanoseconds += milliseconds * 1e6
      lastAt = now
      ownDuration.updateUnsafe(milliseconds / 1000, registry)
      if (age !== undefined) {
        lastAge = age
        const place = inFlightSince.indexOf(now - age)
        if (place !== -1) inFlightSince.splice(place, 1)
        ownLag.updateUnsafe(age / 1000, registry)
      }
      setInFlight(inFlight, capacity, registry)
    },
    totals: () => ({ messages, busyNanoseconds: Math.round(busyNanoseconds), underWay, lag: lastAge, lastAt })
  }
}
