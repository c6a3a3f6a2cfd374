/** The event log on Kafka when a part of what is appended is refused, again and again: the other part is stored once. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { Effect, Exit } from "effect"
import { eventId, newBatchId, type Topic } from "../../../../contracts/ids.ts"
import { addRules, removeRules } from "../../../faults/kafka-admin.ts"
import { eventually } from "../../../support/eventually.ts"
import { type Broker, startBroker } from "../../../support/kafka.ts"
import { type Log, newTopic, openKafka, record, textOf } from "../../../support/logs.ts"
import { hasProgram } from "../../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

/** The texts of all that is in the topic, sorted. */
const textsIn = async (log: Log, topic: Topic): Promise<ReadonlyArray<string>> => {
  const texts: Array<string> = []
  await run(
    log.scan({ topics: [topic], since: 0 }, ({ records }) => {
      texts.push(...records.map(textOf))
      return false
    })
  )
  return texts.sort()
}

let broker: Broker | undefined
beforeAll(async () => {
  broker = await startBroker({
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true"
  })
}, 60_000)
afterAll(() => broker?.remove())

const withBroker = hasProgram("java", ["-version"]) && hasProgram("mvn") ? test : test.skip

withBroker(
  "a topic that may not be written to: what goes to another is stored once, however often the batch is tried",
  () => {
    const url = broker?.url ?? ""
    const body = async (log: Log): Promise<void> => {
      const [open, closed] = [newTopic(), newTopic()]
      await run(log.ensureTopics([open, closed]))
      const forbidden = { topic: closed, operation: 4, permissionType: 2 } as const
      await addRules({ brokers: url }, [{ topic: closed, operation: 2, permissionType: 3 }, forbidden])

      const batch = newBatchId()
      const texts = Array.from({ length: 12 }, (_, i) => `text ${i}`)
      const records = texts.map((text, i) =>
        record(i % 2 === 0 ? open : closed, text, {
          headers: { id: eventId(batch, i) },
          ...(i < 6 ? {} : { key: text })
        })
      )
      const tryAll = log.append(records, batch)
      for (let tries = 0; tries < 3; tries++)
        expect(await run(Effect.flip(tryAll))).toMatchObject({ reason: "timeout" })
      const toOpen = texts.filter((_, i) => i % 2 === 0).sort()
      expect(await textsIn(log, open)).toEqual(toOpen)

      await removeRules({ brokers: url }, [forbidden])
      const appended = await eventually("all is stored", async () => {
        const exit = await Effect.runPromiseExit(tryAll)
        return Exit.isSuccess(exit) ? exit.value : undefined
      })
      expect(appended.filter(({ stored }) => stored)).toHaveLength(texts.length)
      const places = records.map(({ topic }, i) => {
        const one = appended[i]
        return one?.stored === true ? `${topic} ${one.partition} ${one.offset}` : "nowhere"
      })
      expect(new Set(places).size).toBe(texts.length)
      expect(await textsIn(log, open)).toEqual(toOpen)
      expect(await textsIn(log, closed)).toEqual(texts.filter((_, i) => i % 2 === 1).sort())
    }
    return run(Effect.scoped(Effect.flatMap(openKafka(url), (log) => Effect.promise(() => body(log)))))
  },
  120_000
)
