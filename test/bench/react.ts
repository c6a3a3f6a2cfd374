/**
 * What rules cost and give: the time of an event in the reactor with 0, 10 and 1,000 rules (most events match none: the
 * cost on the pipeline), events that match and are written as deliveries per second, and deliveries per second to receivers
 * on this machine, in a file and on Redis. From a log in memory.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Deferred, Effect, Logger, type Scope } from "effect"
import { Deliverer } from "../../actors/deliverer.ts"
import { Reactor } from "../../actors/reactor.ts"
import { deviceMappings, ingestQueue, messageBus, reactionStore } from "../../actors/runtime/dependencies.ts"
import { makeHealth } from "../../actors/runtime/health.ts"
import { provideAll } from "../../actors/runtime/provide-all.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { EventLog, type RecordBatch } from "../../bridge/event-log/service.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { eventId, newBatchId, Topic } from "../../contracts/ids.ts"
import type { Rule } from "../../contracts/reactions/rule.ts"
import { startRedis } from "../support/redis.ts"
import type { Bench, Options } from "./bench.ts"
import { logOf } from "./memory-log.ts"
import { figure, spread } from "./result.ts"
import { ratio, spreadOf, takeTurns } from "./rounds.ts"

const topic = Topic.make("events")
const batchSize = 1_000
const meta =
  "type=Desktop&browser=Chrome&engine=Blink&version=126&os=Windows&host=h&pod=p&ts=1&ip=cb007109&klag=5&country=US&city=XX"

/** Types of events; each has one rule as soon as there are as many rules. */
const types = 10
const targets = 8

/** The batches of a partition, of all types in turn. */
const batchesOf = (events: number): ReadonlyArray<RecordBatch> => {
  const encoder = new TextEncoder()
  return Array.from({ length: Math.ceil(events / batchSize) }, (_, b) => {
    const id = newBatchId()
    const records = Array.from({ length: batchSize }, (_, i) => ({
      ...{ offset: String(b * batchSize + i), timestamp: Date.now(), key: undefined },
      value: encoder.encode(
        `type-${i % types} ${meta} deviceid=device-${i}&n=${i}&target=${i % targets}&page=%2Fshop%2Fshoes`
      ),
      headers: { id: eventId(id, i) }
    }))
    return { topic, partition: 0, records, end: String(events) }
  })
}

/** Rules that look at an event of their type and do not hold for it. */
const idleRules = (count: number): ReadonlyArray<Rule> =>
  Array.from({ length: count }, (_, i) => ({
    name: `rule-${i}`,
    when: { type: `type-${i}`, all: ["params.n exists", "params.owner exists"] },
    do: { call: { url: "https://shop.example/hook" } }
  }))

/** A rule that holds for each event, and calls the receivers in turn. */
const callRule = (ports: ReadonlyArray<number>): Rule => ({
  name: "call",
  when: {},
  do: {
    call: {
      url: `http://127.0.0.1:{% case params.target %}${ports.map((port, i) => `{% when '${i}' %}${port}`).join("")}{% endcase %}/hook`,
      body: { device: "{{ params.deviceid }}" }
    }
  }
})

/** Runs the reactor with the rules on the batches, and then `after` on its store. `redis`: else in a file. */
const react = <A>(
  rules: ReadonlyArray<Rule>,
  batches: ReadonlyArray<RecordBatch>,
  redis: string | undefined,
  after: (
    seconds: number,
    context: Context.Context<never>,
    store: ReactionStore["Service"]
  ) => Effect.Effect<A, unknown, Scope.Scope>
): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"))
  const file = join(folder, "rules.json")
  writeFileSync(file, JSON.stringify({ rules }))
  return Effect.gen(function* () {
    const done = yield* Deferred.make<void>()
    const services = yield* provideAll([reactionStore, ingestQueue, deviceMappings, messageBus])
    const log = logOf(batches, done)
    // Reading the rules is no cost of an event.
    let began = 0
    const read: typeof log.read = (...args) => {
      began = performance.now()
      return log.read(...args)
    }
    const context: Context.Context<never> = Context.add(services, EventLog, { ...log, read })
    const store = Context.get(services as Context.Context<ReactionStore>, ReactionStore)
    yield* start(Reactor, context, makeHealth(), () => {})
    yield* Deferred.await(done)
    return yield* after((performance.now() - began) / 1_000, context, store)
  })
    .pipe(
      Effect.scoped,
      Effect.provide(
        ConfigProvider.layer(
          ConfigProvider.fromUnknown({
            ...{
              KAFKA_TOPIC: topic,
              REACT_TOPICS: "",
              RULES: file,
              DATA_DIR: folder,
              WEBHOOK_ALLOW: "127.0.0.1"
            },
            ...(redis === undefined ? {} : { PROJECTIONS_URL: redis })
          })
        )
      ),
      Effect.provide(Logger.layer([])),
      Effect.runPromise
    )
    .finally(() => rmSync(folder, { recursive: true }))
}

/** Microseconds of an event with so many rules. */
const costWith = (count: number, batches: ReadonlyArray<RecordBatch>): Promise<number> =>
  react(idleRules(count), batches, undefined, (seconds) =>
    Effect.succeed((seconds * 1e6) / (batches.length * batchSize))
  )

/** Events matched and written, and deliveries made, per second. */
const rates = (batches: ReadonlyArray<RecordBatch>, ports: ReadonlyArray<number>, redis?: string) =>
  react(
    [callRule(ports)],
    batches,
    redis,
    Effect.fnUntraced(function* (seconds, context, store) {
      const events = batches.length * batchSize
      const began = performance.now()
      yield* start(Deliverer, context, makeHealth(), () => {})
      while (true) {
        const [line] = (yield* store.ledger).rules
        if (line?.delivered === events) break
        if (line?.matched !== events || line.dead > 0)
          throw new Error(`Not every event is matched and delivered: ${JSON.stringify(line)}`)
        yield* Effect.sleep("50 millis")
      }
      return { matched: events / seconds, delivered: (events * 1_000) / (performance.now() - began) }
    })
  )

/** Receivers that answer 204 at once. */
const startReceivers = (): Promise<ReadonlyArray<Server>> =>
  Promise.all(
    Array.from({ length: targets }, () => {
      const server = createServer((request, response) => {
        request.resume()
        response.writeHead(204).end()
      })
      return new Promise<Server>((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)))
    })
  )

export const reactions: Bench = {
  name: "react",
  about:
    "the cost of an event with 0, 10 and 1,000 rules; matches and deliveries a second, in a file and on Redis",
  run: async ({ rounds, scale, report }: Options) => {
    const passing = batchesOf(Math.max(batchSize, Math.round(200 * scale) * batchSize))
    const matching = batchesOf(Math.max(batchSize, Math.round(10 * scale) * batchSize))
    const redis = await startRedis(["--appendonly", "yes", "--appendfsync", "everysec"])
    if (redis === undefined) throw new Error("This benchmark needs redis-server.")
    const receivers = await startReceivers()
    const ports = receivers.map((server) => (server.address() as AddressInfo).port)
    const close = async (): Promise<void> => {
      await redis.stop()
      for (const server of receivers) server.close()
    }
    try {
      const cost = await takeTurns(
        {
          none: () => costWith(0, passing),
          ten: () => costWith(10, passing),
          many: () => costWith(1_000, passing)
        },
        rounds,
        (side, round, micros) => report(`round ${round + 1}: rules ${side} ${figure(micros, 2)} µs an event`)
      )
      let database = 0
      /** An empty database for each round. */
      const nextDatabase = (): string => {
        database += 1
        return `${redis.url}/${database % 16}`
      }
      const rate = await takeTurns(
        {
          file: () => rates(matching, ports),
          redis: () => rates(matching, ports, nextDatabase())
        },
        rounds,
        (side, round, { matched, delivered }) =>
          report(`round ${round + 1}: ${side} ${figure(matched)}/s matched, ${figure(delivered)}/s delivered`)
      )
      const times = ratio(cost.many, cost.ten, (micros) => micros)
      const row = (what: string, side: keyof typeof cost) => [what, spread(spreadOf(cost[side]), 2), "", ""]
      const rateRow = (what: string, side: keyof typeof rate) => [
        ...[what, ""],
        spread(spreadOf(rate[side].map(({ matched }) => matched)), 0),
        spread(spreadOf(rate[side].map(({ delivered }) => delivered)), 0)
      ]
      return {
        table: {
          columns: ["", "µs an event", "matched/s", "delivered/s"],
          rows: [
            row("no rule", "none"),
            row("10 rules, none holds", "ten"),
            row("1,000 rules, none holds", "many"),
            rateRow("each event matches, in a file", "file"),
            rateRow("each event matches, on Redis", "redis")
          ]
        },
        targets: [
          {
            what: "the cost of an event with 1,000 rules, to 10 rules",
            must: "≤ 2 times",
            got: spread(times),
            met: times.median <= 2
          }
        ],
        notes: [
          `${rounds} rounds of ${figure(passing.length * batchSize)} events that match nothing, of ${types} types with one rule each (of 1,000 rules, 990 are for other types), and of ${figure(matching.length * batchSize)} events that each cause a call, from a log in memory. The deliverer calls ${targets} targets in its own process, 8 calls at once for each, as by default.`
        ]
      }
    } finally {
      await close()
    }
  }
}
