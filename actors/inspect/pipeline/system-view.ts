/**
 * The view of the system at one moment, for the viewer's overview and `bun run top`. JSON; rates are per second. An unknown
 * figure is null, never 0; a figure that does not apply to a stage is absent.
 */

/** The condition of a stage: work is done (flowing); no work; work but no progress (stalled); not running; not checked. */
export type Condition = "flows" | "idle" | "stands still" | "down" | "unknown"

/** A number, or null if unknown. */
export type Figure = number | null

export interface StageView {
  /** `gateway`, `queue`, `drainer`, `enricher`, `bridge`, `log`, then each consumer by its name; last `reactor` and `deliverer`. */
  readonly name: string
  readonly kind: "actor" | "queue" | "log" | "consumer"
  readonly condition: Condition
  /** What is wrong, or why it is idle, for people; empty while it is flowing. */
  readonly sentence: string
  /** The number of running instances; 0 for the queue and the log. */
  readonly instances: Figure
  /** Events per second that it handled; of these, the failed or refused ones, and the rejected ones. */
  readonly rate: Figure
  readonly failedRate: Figure
  readonly rejectedRate: Figure
  /** Totals since the running instances were started. */
  readonly events: Figure
  readonly failed: Figure
  readonly rejected: Figure
  /** Of an actor: messages in flight and their maximum, all instances together. */
  readonly underWay?: Figure
  readonly capacity?: Figure
  /** Of an actor: average duration of a message over the last seconds, milliseconds; null without one. */
  readonly took?: Figure
  /** Of an actor: age of the oldest event in the last message, milliseconds; null without one. */
  readonly lag?: Figure
  /** Of a consumer that reads the log: records between it and the end of the log. */
  readonly behind?: Figure
  /** Of the queue, all servers together: waiting lines, claimed events, dead letters. */
  readonly waiting?: Figure
  readonly inFlight?: Figure
  readonly dead?: Figure
}

export interface InstanceView {
  readonly name: string
  readonly id: string
  readonly version: string
  readonly host: string
  readonly pid: string
  /** ISO 8601. */
  readonly started: string
  readonly summary: string
  readonly receives: string
  readonly sends: string
  readonly rate: Figure
  readonly failedRate: Figure
  readonly events: Readonly<Record<string, number>>
  readonly underWay: Figure
  readonly capacity: Figure
  readonly took: Figure
  readonly lag: Figure
  /** Only for a reader of the log. */
  readonly behind?: number
  readonly lastError: string
  /** Its crashes since its process started, for people; absent without one, and before 0.5.0. */
  readonly crash?: string
  /** Restarts after these crashes; whether it is down for the last of them now. */
  readonly restarts?: number
  readonly isCrashed?: boolean
  /** Seconds since it last answered; one that no longer answers is listed for half a minute. */
  readonly silentFor: number
  /** Systems that this instance cannot reach: name and error. */
  readonly troubles: Readonly<Record<string, string>>
}

export interface DependencyView {
  /** queue, queue 2, bus, log, projections, reactions … */
  readonly name: string
  /** Redis, NATS, Kafka, SQLite file, in process … */
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  /** Null if it has not been checked yet. */
  readonly ok: boolean | null
  readonly error?: string
}

export interface SystemView {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The worst of the conditions, and a sentence for people: "Everything is flowing." */
  readonly condition: Condition
  readonly sentence: string
  /** In the order of the pipeline. */
  readonly stages: ReadonlyArray<StageView>
  readonly instances: ReadonlyArray<InstanceView>
  readonly seams: ReadonlyArray<DependencyView>
  /** What could not be checked: sentences. */
  readonly troubles: ReadonlyArray<string>
}
