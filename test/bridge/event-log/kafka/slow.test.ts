/**
 * A slow Kafka, as while it starts on a busy machine: each answer takes 1.8 s. An append has time for two answers, but needs
 * four when it begins without a connection. So what one append has reached must serve the next, and records are sent
 * only when their answer can still arrive; otherwise they are stored again and again, and never confirmed.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Result } from "effect"
import { requestsIn } from "../../../faults/kafka-requests.ts"
import { startProxy } from "../../../faults/tcp-proxy.ts"
import { startBroker } from "../../../support/kafka.ts"
import { readTopic } from "../../../support/kcat.ts"
import { newTopic, openKafka, record } from "../../../support/logs.ts"
import { hasProgram } from "../../../support/server.ts"

const canStart = hasProgram("java", ["-version"]) && hasProgram("mvn") && hasProgram("kcat", ["-V"])

/** In each direction, milliseconds. */
const delayMs = 900

/** The number of appends, one of which must succeed. */
const maxTries = 6

describe.skipIf(!canStart)("a Kafka that answers slowly", () => {
  test("stores records, once each", async () => {
    const broker = await startBroker()
    if (broker === undefined) return
    const proxy = await startProxy(broker.proxied.target, broker.proxied.advertised)
    const topic = newTopic()
    let produced = 0
    proxy.intercept(({ direction, data }) => {
      if (direction === "up") produced += requestsIn(data, "produce").length
      return "pass"
    })
    try {
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* openKafka(`127.0.0.1:${proxy.port}`)
            yield* log.ensureTopics([topic])
            proxy.delay(delayMs)
            // A second log has no connections yet, as after a restart.
            const restarted = yield* openKafka(`127.0.0.1:${proxy.port}`)
            const said: Array<string> = []
            for (let left = maxTries; ; left--) {
              const one = yield* Effect.result(restarted.append([record(topic, "slow")], "batch"))
              if (Result.isSuccess(one)) break
              said.push(`${one.failure.reason}: ${one.failure.message}`)
              if (left === 1) throw new Error(said.join("\n"))
            }
          })
        )
      )
      expect(produced).toBe(1)
      expect((await readTopic(broker.url, topic)).map(({ value }) => value.toString())).toEqual(["slow"])
    } finally {
      proxy.close()
      await broker.remove()
    }
  }, 90_000)
})
