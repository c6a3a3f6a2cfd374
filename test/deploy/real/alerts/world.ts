/**
 * A whole Spoor on real Redis, NATS and Kafka, each actor a process of its own, and a real Prometheus that reads them by the
 * rules of deploy/prometheus with shortened durations. Events flow all the time. Lives from `openWorld` until `close`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { rulesFile } from "../../../../deploy/prometheus/rules.ts"
import { shortened } from "../../../../deploy/prometheus/shorten.ts"
import { startTarget, type Target } from "../../../faults/reactions/target.ts"
import { type Broker, startBroker } from "../../../support/kafka-broker.ts"
import { privateNats } from "../../../support/nats.ts"
import { type Prometheus, startPrometheus } from "../../../support/prometheus.ts"
import { type OwnRedis, startRedis } from "../../../support/redis.ts"
import { freePort } from "../../../support/server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"

export const topic = "events"

/** Everything is allowed until a topic has its own rules. */
const kafkaSettings = {
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users": "User:admin",
  "allow.everyone.if.no.acl.found": "true"
}

export interface World {
  readonly prometheus: Prometheus
  /** The queue's Redis, and that of the counters. */
  readonly redis: Redis
  readonly projections: OwnRedis
  readonly broker: Broker
  /** Starts the actor (again, on the same ports) and returns when it is up; rejects when it ends before. */
  readonly start: (actor: string, more?: Environment) => Promise<Spoor>
  /** The running process of the actor. Throws when there is none. */
  readonly processOf: (actor: string) => Spoor
  /** Ends the actor's process and waits for it. */
  readonly end: (actor: string, signal?: NodeJS.Signals) => Promise<void>
  /** Sends `count` events to the gateway; resolves when all are answered. */
  readonly send: (count: number) => Promise<void>
  /** The target that the rule calls for each event `order`, and the rules file. */
  readonly target: Target
  readonly writeRules: (text: string) => void
  /** Sends a request to the gateway and returns its status. */
  readonly request: (path: string, init?: RequestInit) => Promise<number>
  readonly close: () => Promise<void>
}

export const actors = [
  "bridge",
  "enricher",
  "drainer",
  "event-counter",
  "reactor",
  "deliverer",
  "gateway"
] as const

/** A rule that calls the target for each event `order`. */
export const rulesText = `rules:
  - name: orders
    when: { type: order }
    do: { call: { method: POST, url: "{{ vars.TARGET }}/orders", body: { n: "{{ params.n }}" } } }
`

/** Events a second while nothing else is done. */
const steadyRate = 20

export const openWorld = async (which: ReadonlyArray<string> = actors): Promise<World> => {
  const [queue, projections, nats, broker] = [
    await startRedis(),
    await startRedis(),
    await privateNats(),
    await startBroker(kafkaSettings)
  ]
  if (queue === undefined || projections === undefined || broker === undefined)
    throw new Error("Install redis-server, nats-server, Java 17 and Maven.")
  await nats.start()
  const prometheus = await startPrometheus(shortened(readFileSync(rulesFile, "utf8")))
  const target = await startTarget("orders")
  const folder = mkdtempSync(join(tmpdir(), "spoor-alerts-"))
  const rulesPath = join(folder, "rules.yaml")
  const writeRules = (text: string): void => writeFileSync(rulesPath, text)
  writeRules(rulesText)
  const servers = {
    ...{ RULES: rulesPath, RULES_VAR_TARGET: target.origin, WEBHOOK_ALLOW: "127.0.0.1" },
    REDIS_URL: queue.url,
    PROJECTIONS_URL: projections.url,
    NATS_URL: nats.url,
    KAFKA_BROKERS: broker.url,
    KAFKA_TOPIC: topic,
    LOG_LEVEL: "Warn"
  }
  const ports = new Map<string, number>()
  const running = new Map<string, Spoor>()
  const gatewayPort = await freePort()
  const redis = new Redis(queue.url)

  const start: World["start"] = async (actor, more = {}) => {
    const port = ports.get(actor) ?? (await freePort())
    ports.set(actor, port)
    const name = actor === "gateway-tls" ? "gateway" : actor
    const own = {
      OPS_PORT: String(port),
      LOG_LEVEL: "Info",
      ...(actor === "gateway" ? { GATEWAY_PORT: String(gatewayPort) } : {}),
      ...more
    }
    const spoor = await startSpoor([name], ownSettings({ ...servers, ...own }))
    running.set(actor, spoor)
    prometheus.setTargets(Array.from(ports, ([name, port]) => ({ name, port })))
    return spoor
  }
  const processOf = (actor: string): Spoor => {
    const spoor = running.get(actor)
    if (spoor === undefined) throw new Error(`${actor} is not running.`)
    return spoor
  }
  const url = `http://127.0.0.1:${gatewayPort}`
  const request: World["request"] = async (path, init) => {
    const response = await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(5_000) })
    await response.arrayBuffer()
    return response.status
  }
  const send = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 50)
      await Promise.all(
        Array.from({ length: Math.min(50, count - sent) }, (_, i) =>
          request(`/t/app_open?deviceid=${sent + i}&n=${sent + i}`).catch(() => 0)
        )
      )
  }
  for (const actor of which) await start(actor)
  let sending = Promise.resolve()
  const steady = setInterval(() => {
    sending = sending.then(() => send(steadyRate))
  }, 1_000)
  return {
    prometheus,
    redis,
    projections,
    broker,
    start,
    processOf,
    end: async (actor, signal = "SIGTERM") => {
      await processOf(actor).end(signal)
      running.delete(actor)
    },
    send,
    request,
    target,
    writeRules,
    close: async () => {
      clearInterval(steady)
      for (const spoor of running.values()) await spoor.end("SIGKILL")
      await prometheus.stop()
      redis.disconnect()
      await broker.remove()
      await nats.remove()
      await projections.stop()
      await queue.stop()
      await target.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
