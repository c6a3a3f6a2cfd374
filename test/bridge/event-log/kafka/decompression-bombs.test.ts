/** A batch in Kafka that is too large once unpacked: readers and looks go on behind it, and its place is committed. */
import { expect, test } from "bun:test"
import { Effect, Logger, Metric } from "effect"
import { makeKafka } from "../../../../bridge/event-log/kafka/log.ts"
import { asAdmin } from "../../../faults/kafka-admin.ts"
import { eventually } from "../../../support/eventually.ts"
import { kafka } from "../../../support/kafka.ts"
import { type Log, newName, newTopic, record, startReader, textOf } from "../../../support/logs.ts"
import { serverUrl } from "../../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

const url = (await serverUrl(kafka)) ?? ""

for (const compression of ["gzip", "zstd"] as const) {
  test.skipIf(url === "")(
    `a reader and a look go on behind 100 MB packed with ${compression}`,
    async () => {
      const said: Array<string> = []
      const logger = Logger.make(({ message }) => void said.push(String(message)))
      const body = async (log: Log): Promise<void> => {
        const topic = newTopic()
        await run(log.ensureTopics([topic]))
        // One affinity, so one partition; a batch each.
        const append = async (value: string | Uint8Array): Promise<void> => {
          const one = record(topic, "", { value: typeof value === "string" ? Buffer.from(value) : value })
          expect(await run(log.append([one], "a"))).toMatchObject([{ stored: true }])
        }
        await append("before")
        await append(Buffer.alloc(100_000_000))
        await append("between")
        await append(Buffer.alloc(100_000_000))

        const group = newName("group")
        const reader = startReader(log, { group, topics: [topic], from: "oldest" })
        await reader.has(2)
        expect(reader.texts()).toEqual(["before", "between"])
        await eventually("the place behind the last is committed", async () => {
          const [of] = await asAdmin({ brokers: url }, (admin) =>
            admin.fetchOffsets({ groupId: group, topics: [topic] })
          )
          return of?.partitions.some(({ offset }) => offset === "4")
        })
        await append("after")
        await reader.has(3)
        await reader.stop()

        const found: Array<string> = []
        await run(
          log.scan({ topics: [topic], since: 0 }, ({ records }) => {
            found.push(...records.map(textOf))
            return false
          })
        )
        expect(found).toEqual(["before", "between", "after"])
        const sentences = said.filter((text) => text.includes("is skipped, nobody reads it"))
        expect(sentences).toHaveLength(2)
        expect(sentences[0]).toContain(topic)
        expect(sentences[0]).toContain("offsets 1 to 1")
        const skipped = await run(
          Metric.value(
            Metric.withAttributes(
              Metric.counter("spoor_log_skipped_batches_total", {
                description:
                  "Batches of records that readers skipped, since unpacked they are too large or broken.",
                incremental: true
              }),
              { topic }
            )
          )
        )
        expect(skipped.count).toBe(2)
      }
      const address = { brokers: [url], tls: false, login: undefined }
      await run(
        Effect.scoped(
          Effect.flatMap(makeKafka(address, compression), (log) => Effect.promise(() => body(log)))
        ).pipe(Effect.provide(Logger.layer([logger])))
      )
    },
    60_000
  )
}
