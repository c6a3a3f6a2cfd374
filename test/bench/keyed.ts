/**
 * Events per second through the keyed actor `sessions` (inbox, mailbox, functions, store), from a log in memory, with its
 * state in a file and on Redis; compared with `event-counter` on the same records and stores. And the bytes that a key
 * with a state and a timer costs while nothing happens to it.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ConfigProvider, Context, Deferred, Effect, Logger, type Scope } from "effect"
import { EventCounter } from "../../actors/event-counter.ts"
import type { Actor } from "../../actors/runtime/actor.ts"
import { makeHealth } from "../../actors/runtime/health.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { Sessions } from "../../actors/sessions.ts"
import { EventLog, type RecordBatch } from "../../bridge/event-log/service.ts"
import { redisKeyedStore } from "../../bridge/keyed-store/redis.ts"
import { KeyedStore } from "../../bridge/keyed-store/service.ts"
import { sqliteKeyedStore } from "../../bridge/keyed-store/sqlite.ts"
import { makeInProcess } from "../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { redisProjections } from "../../bridge/projection-store/redis.ts"
import { maxKeys, ProjectionStore } from "../../bridge/projection-store/service.ts"
import { sqliteProjections } from "../../bridge/projection-store/sqlite.ts"
import { connect } from "../../bridge/redis/connection.ts"
import { type BatchId, eventId, newBatchId, Topic } from "../../contracts/ids.ts"
import { type OwnRedis, secretUrl, startRedis } from "../support/redis.ts"
import type { Bench, Options } from "./bench.ts"
import { logOf } from "./memory-log.ts"
import { figure, spread } from "./result.ts"
import { ratio, spreadOf, takeTurns } from "./rounds.ts"

const topic = Topic.make("events")
const horizon = 24 * 3_600_000
const batchSize = 1_000
const meta =
  "type=Desktop&browser=Chrome&engine=Blink&version=126&os=Windows&host=h&pod=p&ts=1&ip=cb007109&klag=5&country=US&city=XX"

/** The batches of a partition: `devices` devices, each with one event after the other. */
const batchesOf = (events: number, devices: number): ReadonlyArray<RecordBatch> => {
  const now = Date.now()
  const encoder = new TextEncoder()
  let id: BatchId = newBatchId()
  return Array.from({ length: Math.ceil(events / batchSize) }, (_, b) => {
    id = newBatchId()
    const records = Array.from({ length: batchSize }, (_, i) => {
      const n = b * batchSize + i
      const device = `device-${(n * 7_919) % devices}`
      return {
        ...{ offset: String(n), timestamp: now + Math.floor(n / 1_000), key: undefined },
        value: encoder.encode(`view ${meta} deviceid=${device}&n=${n}&page=%2Fshop%2Fshoes`),
        headers: { id: eventId(id, i), received: String(now) }
      }
    })
    return { topic, partition: 0, records, end: String(events) }
  })
}

type Stores = KeyedStore | ProjectionStore

/** Runs the actor on the batches; returns events per second. */
const rateOf = (
  actor: Actor,
  batches: ReadonlyArray<RecordBatch>,
  stores: Effect.Effect<Context.Context<Stores>, unknown, Scope.Scope>
): Promise<number> =>
  Effect.gen(function* () {
    const done = yield* Deferred.make<void>()
    const context = (yield* stores).pipe(
      Context.add(EventLog, logOf(batches, done)),
      Context.add(MessageBus, makeInProcess())
    )
    const began = performance.now()
    yield* start(actor, context, makeHealth(), () => {})
    yield* Deferred.await(done)
    return (batches.length * batchSize * 1_000) / (performance.now() - began)
  }).pipe(
    Effect.scoped,
    Effect.provide(
      ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_TOPIC: topic, SESSION_GAP: "300m" }))
    ),
    Effect.provide(Logger.layer([])),
    Effect.runPromise
  )

const inFolder = (folder: string) =>
  Effect.all([sqliteKeyedStore(folder, horizon), sqliteProjections(folder, { horizon, maxKeys })]).pipe(
    Effect.map(([keyed, counts]) =>
      Context.make(KeyedStore, keyed).pipe(Context.add(ProjectionStore, counts))
    )
  )

const onRedis = ({ url }: OwnRedis) =>
  Effect.all([
    redisKeyedStore(secretUrl(url), horizon),
    redisProjections(secretUrl(url), { horizon, maxKeys })
  ]).pipe(
    Effect.map(([keyed, counts]) =>
      Context.make(KeyedStore, keyed).pipe(Context.add(ProjectionStore, counts))
    )
  )

/** The rate in a folder of its own, and the bytes of its file. */
const inFile = async (actor: Actor, batches: ReadonlyArray<RecordBatch>) => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"))
  const perSecond = await rateOf(actor, batches, inFolder(folder))
  const file = new DatabaseSync(join(folder, "keyed.sqlite"), { readOnly: true })
  const pages = Number(file.prepare("PRAGMA page_count").get()?.page_count)
  file.close()
  rmSync(folder, { recursive: true })
  return { perSecond, bytes: pages * 4_096 }
}

const inRedis = async (redis: OwnRedis, actor: Actor, batches: ReadonlyArray<RecordBatch>) => {
  const ask = (...command: readonly [string, ...ReadonlyArray<string>]) =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(connect(secretUrl(redis.url)), (one) => one.command(...command)))
    )
  const used = async () => Number(/used_memory:(\d+)/.exec(String(await ask("INFO", "memory")))?.[1])
  await ask("FLUSHALL")
  const before = await used()
  const perSecond = await rateOf(actor, batches, onRedis(redis))
  return { perSecond, bytes: (await used()) - before }
}

export const keyed: Bench = {
  name: "keyed",
  about: "events a second through the keyed actor sessions, and bytes of an idle key, in a file and on Redis",
  run: async ({ rounds, scale, report }: Options) => {
    const events = Math.max(batchSize, Math.round(300 * scale) * batchSize)
    const devices = Math.max(100, Math.round(100_000 * scale))
    const batches = batchesOf(events, devices)
    const redis = await startRedis(["--appendonly", "yes", "--appendfsync", "everysec"])
    if (redis === undefined) throw new Error("This benchmark needs redis-server.")
    const taken = await takeTurns(
      {
        file: () => inFile(Sessions, batches),
        counterFile: () => inFile(EventCounter, batches),
        redis: () => inRedis(redis, Sessions, batches),
        counterRedis: () => inRedis(redis, EventCounter, batches)
      },
      rounds,
      (side, round, { perSecond }) => report(`round ${round + 1}: ${side} ${figure(perSecond)}/s`)
    ).finally(() => redis.stop())
    const rate = (side: keyof typeof taken) =>
      spread(spreadOf(taken[side].map(({ perSecond }) => perSecond)), 0)
    const bytes = (side: keyof typeof taken) => figure((taken[side].at(-1)?.bytes ?? 0) / devices)
    const toCounter = (side: "file" | "redis", counter: "counterFile" | "counterRedis") =>
      ratio(taken[side], taken[counter], ({ perSecond }) => perSecond)
    const [file, onRedis] = [toCounter("file", "counterFile"), toCounter("redis", "counterRedis")]
    return {
      table: {
        columns: [
          "state",
          "sessions, events/s",
          "event-counter, events/s",
          "sessions to event-counter",
          "bytes of an idle key"
        ],
        rows: [
          ["in a file", rate("file"), rate("counterFile"), spread(file), bytes("file")],
          ["on Redis", rate("redis"), rate("counterRedis"), spread(onRedis), bytes("redis")]
        ]
      },
      targets: (["file", "redis"] as const).map((side) => {
        const { median } = spreadOf(taken[side].map(({ perSecond }) => perSecond))
        const what = `events of sessions ${side === "file" ? "in a file" : "on Redis"}`
        return { what, must: "≥ 5,000/s", got: `${figure(median)}/s`, met: median >= 5_000 }
      }),
      notes: [
        `${rounds} rounds of ${figure(events)} events of ${figure(devices)} devices in batches of ${figure(batchSize)}, from a log in memory, one partition. Every event of a batch has another key, the worst case: each key is read and written, with its timer. Every device is open at the end: a key has a state and a timer.`
      ]
    }
  }
}
