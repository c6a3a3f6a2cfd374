/** Made-up views of a system for the overview, as large or as broken as a test needs. */
import type {
  DependencyView,
  InstanceView,
  StageView,
  SystemView
} from "../../../../actors/inspect/pipeline/system-view.ts"

const pipeline = ["gateway", "queue", "drainer", "enricher", "bridge", "log"]
const consumers = ["event-counter", "metadata-counter", "search-counter", "timing-stats", "viewer"]

const kindOf = (name: string): StageView["kind"] => {
  if (name === "queue" || name === "log") return name
  return pipeline.includes(name) ? "actor" : "consumer"
}

const stage = (name: string): StageView => ({
  name,
  kind: kindOf(name),
  condition: "flows",
  sentence: "",
  instances: kindOf(name) === "queue" || kindOf(name) === "log" ? 0 : 1,
  rate: 1234,
  failedRate: 0,
  rejectedRate: 0,
  events: 987_654,
  failed: 0,
  rejected: 0,
  ...(kindOf(name) === "actor" ? { underWay: 3, capacity: 80, took: 4, lag: 7 } : {}),
  ...(kindOf(name) === "consumer" ? { behind: 12, lag: 9 } : {}),
  ...(name === "queue" ? { waiting: 12_345, inFlight: 512, dead: 3 } : {})
})

/** The `n`th instance of that actor. */
export const instance = (name: string, n = 1): InstanceView => ({
  name,
  id: `${name.toUpperCase()}${String(n).padStart(12, "0")}`,
  version: "0.1.0",
  host: `${name}-5d9c7b6f4-x${n}.internal.example`,
  pid: String(4000 + n),
  started: new Date(Date.now() - n * 60_000).toISOString(),
  summary: "Does its part.",
  receives: "batches",
  sends: "receipts",
  rate: 617.25,
  failedRate: 0,
  events: { succeeded: 493_827 },
  underWay: 2,
  capacity: 80,
  took: 4,
  lag: 7,
  lastError: "",
  silentFor: 0,
  troubles: {}
})

const dependency = (name: string, kind: string, address: string): DependencyView => ({
  name,
  kind,
  embedded: false,
  address,
  ok: true
})

/** A view in which all stages flow, with an instance of each actor, on real servers; `changed` and `stages` replace parts of it. */
export const pictured = (
  changed: Partial<SystemView> = {},
  stages: Readonly<Record<string, Partial<StageView>>> = {}
): SystemView => ({
  at: Date.now(),
  condition: "flows",
  sentence: "Everything is flowing.",
  stages: [...pipeline, ...consumers].map((name) => ({ ...stage(name), ...stages[name] })),
  instances: [...pipeline, ...consumers]
    .filter((name) => !["queue", "log"].includes(name))
    .map((name) => instance(name)),
  seams: [
    dependency("queue", "Redis", "redis-0.queue.internal.example:6379"),
    dependency("bus", "NATS", "nats.internal.example:4222"),
    dependency("log", "Kafka", "kafka-0.internal.example:9092"),
    dependency("projections", "Redis", "redis-1.queue.internal.example:6379")
  ],
  troubles: [],
  ...changed
})
