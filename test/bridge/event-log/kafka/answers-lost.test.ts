/**
 * A trap of producers that number their records: Kafka has stored a batch, its answer is lost, and the next batch, of just
 * as many records, is taken for the first one come again. It is confirmed and never stored.
 */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { requestsIn } from "../../../faults/kafka-requests.ts"
import { startProxy } from "../../../faults/tcp-proxy.ts"
import { startBroker } from "../../../support/kafka.ts"
import { readTopic } from "../../../support/kcat.ts"
import { newTopic, openKafka, record } from "../../../support/logs.ts"
import { hasProgram } from "../../../support/server.ts"

const canStart = hasProgram("java", ["-version"]) && hasProgram("mvn") && hasProgram("kcat", ["-V"])
const size = 10

describe.skipIf(!canStart)("after a batch that Kafka stored and nobody heard of", () => {
  test("another of the same size is stored too", async () => {
    const broker = await startBroker()
    if (broker === undefined) return
    const proxy = await startProxy(broker.proxied.target, broker.proxied.advertised)
    const topic = newTopic()
    const batch = (name: string) => Array.from({ length: size }, (_, i) => record(topic, `${name}${i}`))
    try {
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* openKafka(`127.0.0.1:${proxy.port}`)
            yield* log.ensureTopics([topic])
            yield* log.append(batch("first"), "same")

            const asked = new Set<number>()
            let lost = 0
            const hear = proxy.intercept(({ direction, data, connection }) => {
              if (direction === "up" && requestsIn(data, "produce").length > 0) asked.add(connection)
              if (direction === "up" || !asked.delete(connection)) return "pass"
              lost += 1
              return "cut"
            })
            const failure = yield* Effect.flip(log.append(batch("unheard"), "same"))
            expect(failure.reason).toBe("timeout")
            expect(lost).toBeGreaterThan(1)
            hear()

            const appended = yield* log.append(batch("next"), "same")
            const there = yield* Effect.promise(() => readTopic(broker.url, topic))
            const values = new Map(
              there.map(({ partition, offset, value }) => [`${partition} ${offset}`, value.toString()])
            )
            appended.forEach((one, i) => {
              if (!one.stored) throw new Error("it is not stored")
              expect(values.get(`${one.partition} ${one.offset}`)).toBe(`next${i}`)
            })
          })
        )
      )
    } finally {
      proxy.close()
      await broker.remove()
    }
  }, 60_000)
})
