/**
 * The system at one moment, as the viewer's overview and `bun run top` show it. JSON; rates are per second. A figure
 * that is not known is null, never 0; one that means nothing for its stage is absent.
 */

/** How a stage is: work flows, there is none, there is work and none gets done, it is not there, or nobody could ask. */
export type Condition = "flows" | "idle" | "stands still" | "down" | "unknown"

/** A number, or null when it is not known. */
export type Figure = number | null

export interface StageView {
  /** `gateway`, `queue`, `drainer`, `enricher`, `bridge`, `log`, then each consumer by its name. */
  readonly name: string
  readonly kind: "actor" | "queue" | "log" | "consumer"
  readonly condition: Condition
  /** What is wrong, or why it is idle, for a person; empty when it flows. */
  readonly sentence: string
  /** How many instances run; 0 for the queue and the log. */
  readonly instances: Figure
  /** Events a second that passed it, and of these what failed or was refused, and was rejected for good. */
  readonly rate: Figure
  readonly failedRate: Figure
  readonly rejectedRate: Figure
  /** Since the instances that run now were started. */
  readonly events: Figure
  readonly failed: Figure
  readonly rejected: Figure
  /** Of an actor: messages under way, and how many there may be, all instances together. */
  readonly underWay?: Figure
  readonly capacity?: Figure
  /** Of an actor: milliseconds a message took on average over the last seconds; null when there was none. */
  readonly took?: Figure
  /** Of an actor: age of the oldest event handled last, milliseconds; null when there was none. */
  readonly lag?: Figure
  /** Of a consumer: records between it and the end of the log. */
  readonly behind?: Figure
  /** Of the queue, all servers together: lines that wait, events claimed by a drainer, dead letters. */
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
  /** Only of a reader of the log. */
  readonly behind?: number
  readonly lastError: string
  /** Seconds since it answered last; one that no longer answers stays for half a minute. */
  readonly silentFor: number
  /** Systems that this instance cannot reach: name and sentence. */
  readonly troubles: Readonly<Record<string, string>>
}

export interface DependencyView {
  /** queue, queue 2, bus, log, projections … */
  readonly name: string
  /** Redis, NATS, Kafka, SQLite file, in process … */
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  /** Null when nobody has looked at it yet. */
  readonly ok: boolean | null
  readonly error?: string
}

export interface SystemView {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The worst of the conditions, and a sentence for a person: "Everything flows." */
  readonly condition: Condition
  readonly sentence: string
  /** In the order of the flow. */
  readonly stages: ReadonlyArray<StageView>
  readonly instances: ReadonlyArray<InstanceView>
  readonly seams: ReadonlyArray<DependencyView>
  /** What could not be asked just now. */
  readonly troubles: ReadonlyArray<string>
}
