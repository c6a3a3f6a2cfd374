/** The system at one moment, as the viewer's overview and `bun run top` show it. JSON; rates are per second. */

/** How a stage or an instance is: work flows, there is none, there is work and none gets done, or it is not there. */
export type Condition = "flows" | "idle" | "stands still" | "down"

export interface StageView {
  /** `gateway`, `queue`, `drainer`, `enricher`, `bridge`, `log`, then each consumer by its name. */
  readonly name: string
  readonly kind: "actor" | "queue" | "log" | "consumer"
  readonly condition: Condition
  /** What is wrong, or why it is idle, for a person; empty when it flows. */
  readonly sentence: string
  /** How many instances run; 0 for the queue and the log. */
  readonly instances: number
  /** Events a second that passed it, and of these what failed or was refused, and was rejected for good. */
  readonly rate: number
  readonly failedRate: number
  readonly rejectedRate: number
  /** Since the instances that run now were started. */
  readonly events: number
  readonly failed: number
  readonly rejected: number
  /** Of an actor: messages under way, and how many there may be, all instances together. */
  readonly underWay?: number
  readonly capacity?: number
  /** Of an actor: milliseconds a message took on average since the moment before; undefined when there was none. */
  readonly took?: number
  /** Age of the oldest event handled last, milliseconds. */
  readonly lag?: number
  /** Of a consumer: records between it and the end of the log. */
  readonly behind?: number
  /** Of the queue: lines that wait, events claimed by a drainer, dead letters, and the bytes where they are known. */
  readonly waiting?: number
  readonly inFlight?: number
  readonly dead?: number
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
  readonly rate: number
  readonly failedRate: number
  readonly events: Readonly<Record<string, number>>
  readonly underWay?: number
  readonly capacity?: number
  readonly took?: number
  readonly lag?: number
  readonly behind?: number
  readonly lastError: string
  /** Seconds since it answered last; one that no longer answers stays for half a minute. */
  readonly silentFor: number
  /** Systems that this instance cannot reach: name and sentence. */
  readonly troubles: Readonly<Record<string, string>>
}

export interface SeamView {
  /** queue, queue 2, bus, log, projections … */
  readonly name: string
  /** Redis, NATS, Kafka, SQLite file, in process … */
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  readonly ok: boolean
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
  readonly seams: ReadonlyArray<SeamView>
  /** What could not be asked just now. */
  readonly troubles: ReadonlyArray<string>
}
