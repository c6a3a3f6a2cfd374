/**
 * Late deliveries of an abandoned connection to Kafka. Records that are stored late are duplicates with the same event ids,
 * so consumers count them once; no lines were acknowledged for them, and nothing is overwritten. A late commit of a member
 * that the group has removed is refused by the broker.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { requestsIn } from "../../faults/kafka-requests.ts"
import { startProxy, type TcpProxy } from "../../faults/tcp-proxy.ts"
import { eventually } from "../../support/eventually.ts"
import { type Broker, startBroker } from "../../support/kafka.ts"
import { readTopic } from "../../support/kcat.ts"
import { newName, newTopic, openKafka, record, startReader } from "../../support/logs.ts"
import { hasProgram } from "../../support/server.ts"

const canStart = hasProgram("java", ["-version"]) && hasProgram("mvn") && hasProgram("kcat", ["-V"])

describe.skipIf(!canStart)("delivered late to Kafka:", () => {
  let broker: Broker
  let proxy: TcpProxy
  beforeAll(async () => {
    const started = await startBroker()
    if (started === undefined) throw new Error("Kafka did not start.")
    broker = started
    proxy = await startProxy(broker.proxied.target, broker.proxied.advertised)
  }, 120_000)
  afterAll(async () => {
    proxy?.close()
    await broker?.remove()
  })

  test(
    "records are stored twice, complete and under the same ids",
    () =>
      Effect.gen(function* () {
        const topic = newTopic()
        const log = yield* openKafka(`127.0.0.1:${proxy.port}`)
        yield* log.ensureTopics([topic])
        const batch = Array.from({ length: 5 }, (_, i) =>
          record(topic, `n${i}`, { headers: { id: `b-${i}` } })
        )
        const stranded = proxy.strand(
          ({ direction, data }) => direction === "up" && requestsIn(data, "produce").length > 0
        )
        const first = yield* Effect.result(log.append(batch, "b"))
        const { deliver } = yield* Effect.promise(() => stranded)
        // Abandoned within the timeout of the first append, or by it.
        if (first._tag === "Failure") {
          expect(first.failure.reason).toBe("timeout")
          yield* log.append(batch, "b")
        }
        yield* log.append([record(topic, "other", { headers: { id: "c-0" } })], "b")
        yield* Effect.promise(deliver)
        const all = yield* Effect.promise(() =>
          eventually("the late records are stored", async () => {
            const there = await readTopic(broker.url, topic)
            return there.length === 11 && there
          })
        )
        const texts = all.map(({ headers, value }) => `${headers.id} ${value}`).toSorted()
        const once = [...batch.map((_, i) => `b-${i} n${i}`)]
        expect(texts).toEqual([...once, ...once, "c-0 other"].toSorted())
      }).pipe(Effect.scoped, Effect.runPromise),
    60_000
  )

  test("a commit is refused once another member has the partition, and has no effect", async () => {
    const topic = newTopic()
    const group = newName("group")
    await Effect.gen(function* () {
      const late = yield* openKafka(`127.0.0.1:${proxy.port}`)
      const next = yield* openKafka(broker.url)
      yield* next.ensureTopics([topic])
      const append = (from: number, to: number) =>
        next.append(
          Array.from({ length: to - from }, (_, i) => record(topic, `n${from + i}`)),
          "one partition"
        )
      yield* append(0, 10)
      const stranded = proxy.strand(
        ({ direction, data }) => direction === "up" && requestsIn(data, "commit").length > 0
      )
      const options = { group, topics: [topic], from: "oldest" } as const
      const first = startReader(late, options)
      yield* Effect.promise(() => first.has(10))
      const { deliver } = yield* Effect.promise(() => stranded)
      proxy.refuse()
      const second = startReader(next, options)
      yield* append(10, 20)
      yield* Effect.promise(() => second.has(20))
      yield* Effect.promise(() => second.stop())
      yield* Effect.promise(deliver)
      // Its sender is stopped; otherwise it could join the group again and get the partition back.
      proxy.cut()
      // The next member begins after the commit of the second member, not after the ten records of the first.
      const third = startReader(next, options)
      yield* append(20, 21)
      yield* Effect.promise(() => third.has(1))
      expect(third.texts()).toEqual(["n20"])
      yield* Effect.promise(() => third.stop())
      yield* Effect.promise(() => proxy.accept())
      yield* Effect.promise(() => first.stop())
    }).pipe(Effect.scoped, Effect.runPromise)
  }, 90_000)
})
