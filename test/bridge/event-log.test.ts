/** The contract of the event log, kept by every implementation: Kafka and the SQLite file. */
import { describe, expect, test } from "bun:test"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { type Appended, type NewRecord, placements } from "../../bridge/event-log/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { eventually } from "../support/eventually.ts"
import { kafka } from "../support/kafka.ts"
import {
  type Log,
  logsInFile,
  logsOnKafka,
  newName,
  newTopic,
  type OpenLogs,
  record,
  startReader,
  type TwoLogs,
  textOf
} from "../support/logs.ts"
import { serverUrl } from "../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)
const failureOf = (effect: Effect.Effect<unknown, Failure>): Promise<Failure> => run(Effect.flip(effect))

/** A new topic with these texts in it, sent one after the other. */
const topicWith = async (log: Log, ...texts: ReadonlyArray<string>): Promise<Topic> => {
  const topic = newTopic()
  await run(log.ensureTopics([topic]))
  if (texts.length > 0) await append(log, topic, ...texts)
  return topic
}
const append = async (log: Log, topic: Topic, ...texts: ReadonlyArray<string>): Promise<void> => {
  const records = texts.map((text) => record(topic, text))
  const appended = await run(log.append(records, "always the same"))
  expect(appended.every(({ stored }) => stored)).toBe(true)
}
const stored = (appended: ReadonlyArray<Appended>) =>
  appended.map((one) => {
    if (!one.stored) throw new Error(`not stored: ${one.reason}`)
    return one
  })

const suite = (open: OpenLogs): void => {
  const check = (what: string, body: (logs: TwoLogs) => Promise<void>): void =>
    test(what, () =>
      Effect.runPromise(Effect.scoped(Effect.flatMap(open, (logs) => Effect.promise(() => body(logs)))))
    )

  check("what is appended is read, byte for byte, with key and headers", async ({ log }) => {
    await run(log.seam.check)
    const topic = await topicWith(log)
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i)
    const records: ReadonlyArray<NewRecord> = [
      { topic, value: everyByte, headers: { id: "a-0", größe: "¼ ÿ 日" } },
      { topic, value: new Uint8Array(), headers: {} },
      { topic, value: everyByte.subarray(3, 7), key: "schlüssel", headers: { empty: "" } },
      { topic, value: new TextEncoder().encode("plain"), key: "", headers: { __proto: "x" } }
    ]
    const before = Date.now()
    const appended = stored(await run(log.append(records, "a")))
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(records.length)
    await reader.stop()
    for (const [i, sent] of records.entries()) {
      const { partition, offset } = appended[i] ?? { partition: -1, offset: "" }
      const batch = reader.batches.find((one) => one.partition === partition)
      const read = reader.batches
        .filter((one) => one.partition === partition)
        .flatMap((one) => one.records)
        .find((one) => one.offset === offset)
      expect(batch?.topic).toBe(topic)
      expect([...(read?.value ?? [])]).toEqual([...sent.value])
      expect(read?.key).toBe(sent.key)
      expect(read?.headers).toEqual(sent.headers)
      expect(Math.abs((read?.timestamp ?? 0) - before)).toBeLessThan(60_000)
    }
  })

  check("a partition keeps the order, and its offsets are consecutive", async ({ log }) => {
    const topic = await topicWith(log)
    const texts = Array.from({ length: 2_500 }, (_, i) => `record ${i}`)
    const first = texts.slice(0, 2_200).map((text) => record(topic, text))
    const appended = stored(await run(log.append(first, "x")))
    appended.push(
      ...stored(
        await run(
          log.append(
            texts.slice(2_200).map((text) => record(topic, text)),
            "x"
          )
        )
      )
    )
    const [one] = placements(first, appended.slice(0, first.length))
    expect(one).toEqual({ topic, partition: appended[0]?.partition ?? -1, offset: "0", count: 2_200 })
    expect(appended.map(({ offset }) => offset)).toEqual(texts.map((_, i) => String(i)))
    expect(new Set(appended.map(({ partition }) => partition)).size).toBe(1)

    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(texts.length)
    await reader.stop()
    expect(reader.texts()).toEqual(texts)
    const records = reader.batches.flatMap((batch) => batch.records)
    expect(records.map(({ offset }) => offset)).toEqual(texts.map((_, i) => String(i)))
  })

  check("appending nothing is done at once", async ({ log }) => {
    expect(await run(log.append([], "x"))).toEqual([])
  })

  check(
    "records without a key go where the affinity says, and again there when sent again",
    async ({ log, other }) => {
      const topic = await topicWith(log)
      const affinities = Array.from({ length: 12 }, (_, i) => `batch ${i}`)
      const told = new Map<string, number>()
      for (const by of [log, other]) {
        for (const affinity of affinities) {
          const [one, two] = stored(
            await run(by.append([record(topic, affinity), record(topic, affinity)], affinity))
          )
          expect(two?.partition).toBe(one?.partition ?? -1)
          expect(told.get(affinity) ?? one?.partition).toBe(one?.partition ?? -1)
          told.set(affinity, one?.partition ?? -1)
        }
      }
      const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
      await reader.has(4 * affinities.length)
      await reader.stop()
      for (const { partition, records } of reader.batches) {
        for (const one of records) expect(told.get(textOf(one))).toBe(partition)
      }
    }
  )

  check("records with the same key share a partition, whatever the affinity", async ({ log }) => {
    const topic = await topicWith(log)
    const places: Array<number> = []
    for (const affinity of ["a", "b", "c", "d", "e"]) {
      const [place] = stored(await run(log.append([record(topic, "1", { key: "one user" })], affinity)))
      places.push(place?.partition ?? -1)
    }
    expect(new Set(places).size).toBe(1)
  })

  check("topics are made once, however often and by however many that is asked", async ({ log, other }) => {
    const [one, two] = [newTopic(), newTopic()]
    await run(
      Effect.all([log.ensureTopics([one, two]), other.ensureTopics([two, one, one])], { concurrency: 2 })
    )
    await append(log, one, "kept")
    await run(log.ensureTopics([one]))
    const reader = startReader(log, { group: newName("group"), topics: [one, two], from: "oldest" })
    await reader.has(1)
    await reader.stop()
    expect(reader.texts()).toEqual(["kept"])
  })

  check("a topic that does not exist is `unavailable`, and nothing is stored", async ({ log }) => {
    const there = await topicWith(log)
    const failure = await failureOf(log.append([record(there, "1"), record(newTopic(), "2")], "x"))
    expect(failure.reason).toBe("unavailable")
    await append(log, there, "alone")
    const reader = startReader(log, { group: newName("group"), topics: [there], from: "oldest" })
    await reader.has(1)
    await reader.stop()
    expect(reader.texts()).toEqual(["alone"])
  })

  check("a record that is too large is refused alone", async ({ log }) => {
    const topic = await topicWith(log)
    const noise = (size: number): Uint8Array => {
      const bytes = new Uint8Array(size)
      for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
      return bytes
    }
    const records = ["a", "b", "c", "d", "e", "f", "g"].map((text) => record(topic, text))
    records[2] = record(topic, "", { value: noise(1_500_000) })
    records[6] = record(topic, "", { value: noise(1_200_000) })
    const appended = await run(log.append(records, "x"))
    expect(appended.map((one) => one.stored)).toEqual([true, true, false, true, true, true, false])
    expect(appended[2]).toEqual({ stored: false, reason: `too large for the topic ${topic}` })
    expect(appended.flatMap((one) => (one.stored ? [one.offset] : []))).toEqual(["0", "1", "2", "3", "4"])
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(5)
    await reader.stop()
    expect(reader.texts()).toEqual(["a", "b", "d", "e", "f"])
  })

  check("what is appended while someone reads arrives, also from elsewhere", async ({ log, other }) => {
    const topic = await topicWith(log, "before")
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(1)
    await append(log, topic, "here")
    await reader.has(2)
    await append(other, topic, "elsewhere")
    await reader.has(3)
    await reader.stop()
    expect(reader.texts()).toEqual(["before", "here", "elsewhere"])
  })

  check("`end` tells how far there is to go", async ({ log }) => {
    const topic = await topicWith(log, "1", "2", "3")
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(3)
    await append(log, topic, "4")
    await reader.has(4)
    await reader.stop()
    expect(reader.batches[0]?.end).toBe("3")
    expect(reader.batches[reader.batches.length - 1]?.end).toBe("4")
  })

  check(
    "a new member goes on at the committed place; another group begins at the oldest",
    async ({ log, other }) => {
      const topic = await topicWith(log, "1", "2")
      const group = newName("group")
      const first = startReader(log, { group, topics: [topic], from: "oldest" })
      await first.has(2)
      expect(Exit.hasInterrupts(await first.stop())).toBe(true)
      await append(log, topic, "3")
      const second = startReader(other, { group, topics: [topic], from: "oldest" })
      const stranger = startReader(other, { group: newName("group"), topics: [topic], from: "oldest" })
      await second.has(1)
      await stranger.has(3)
      await second.stop()
      await stranger.stop()
      expect(second.texts()).toEqual(["3"])
      expect(stranger.texts()).toEqual(["1", "2", "3"])
    }
  )

  check("a batch whose handling fails or dies is handed over again, the same", async ({ log }) => {
    const topic = await topicWith(log, "1", "2")
    const offsets: Array<string | undefined> = []
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" }, (batch) => {
      offsets.push(batch.records[0]?.offset)
      if (offsets.length === 1) return Effect.fail("not now")
      return offsets.length === 2 ? Effect.die(new Error("a mistake in the code")) : Effect.void
    })
    await reader.has(2)
    await append(log, topic, "3")
    await reader.has(3)
    await reader.stop()
    expect(offsets.slice(0, 4)).toEqual(["0", "0", "0", "2"])
    expect(reader.texts()).toEqual(["1", "2", "3"])
  })

  check("what failed to the end is not committed", async ({ log, other }) => {
    const topic = await topicWith(log, "1", "2")
    const group = newName("group")
    let tries = 0
    const failing = startReader(log, { group, topics: [topic], from: "oldest" }, () => {
      tries += 1
      return Effect.fail("never")
    })
    await eventually("it was tried twice", () => tries >= 2)
    await failing.stop()
    expect(failing.texts()).toEqual([])
    const next = startReader(other, { group, topics: [topic], from: "oldest" })
    await next.has(2)
    await next.stop()
    expect(next.texts()).toEqual(["1", "2"])
  })

  check("interruption waits for the handling under way and commits it", async ({ log, other }) => {
    const topic = await topicWith(log, "1")
    const group = newName("group")
    const begun = Deferred.makeUnsafe<void>()
    const mayEnd = Deferred.makeUnsafe<void>()
    const reader = startReader(log, { group, topics: [topic], from: "oldest" }, () =>
      Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(mayEnd))
    )
    await run(Deferred.await(begun))
    let ended = false
    const stopped = reader.stop().then(() => {
      ended = true
    })
    const settled = await run(
      Effect.timeoutOption(
        Effect.promise(() => stopped),
        "300 millis"
      )
    )
    expect([settled._tag, ended]).toEqual(["None", false])
    await run(Deferred.succeed(mayEnd, undefined))
    await stopped
    expect(reader.texts()).toEqual(["1"])
    await append(log, topic, "2")
    const next = startReader(other, { group, topics: [topic], from: "oldest" })
    await next.has(1)
    await next.stop()
    expect(next.texts()).toEqual(["2"])
  })

  check("members of a group share the records; each is handled once", async ({ log, other }) => {
    const topics = [await topicWith(log), await topicWith(log)]
    const options = { group: newName("group"), topics, from: "oldest" as const }
    const members = [startReader(log, options), startReader(log, options), startReader(other, options)]
    const texts = Array.from({ length: 300 }, (_, i) => `text ${i}`)
    const all = () => members.flatMap((member) => member.texts())
    for (const [i, text] of texts.entries()) {
      await run(
        log.append(
          topics.map((topic) => record(topic, text)),
          `batch ${i}`
        )
      )
    }
    await eventually("all records are handled", () => all().length >= 2 * texts.length, 40_000)
    await Promise.all(members.map((member) => member.stop()))
    const counts = new Map<string, number>()
    for (const member of members) {
      for (const { topic, partition, records } of member.batches) {
        for (const { offset } of records) {
          const name = `${topic} ${partition} ${offset}`
          counts.set(name, (counts.get(name) ?? 0) + 1)
        }
      }
    }
    expect(counts.size).toBe(2 * texts.length)
    expect([...all()].sort()).toEqual([...texts, ...texts].sort())
  })

  check("another member takes over when one leaves", async ({ log, other }) => {
    const topic = await topicWith(log, "1")
    const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
    const first = startReader(log, options)
    await first.has(1)
    const second = startReader(other, options)
    await first.stop()
    await append(log, topic, "2")
    await second.has(1)
    await second.stop()
    expect(second.texts()).toEqual(["2"])
  })

  check(
    "those who only watch begin before the end, each of them, and again the next time",
    async ({ log, other }) => {
      const topic = await topicWith(log, "1", "2", "3", "4")
      const options = { group: newName("watchers"), topics: [topic], from: 2 }
      const watchers = [startReader(log, options), startReader(other, options)]
      for (const watcher of watchers) await watcher.has(2)
      await append(log, topic, "5")
      for (const watcher of watchers) {
        await watcher.has(3)
        await watcher.stop()
        expect(watcher.texts()).toEqual(["3", "4", "5"])
      }
      const again = startReader(log, options)
      const all = startReader(log, { ...options, from: 100 })
      await again.has(2)
      await all.has(5)
      await again.stop()
      await all.stop()
      expect(again.texts()).toEqual(["4", "5"])
      expect(all.texts()).toEqual(["1", "2", "3", "4", "5"])
    }
  )

  check("a watcher from 0 sees only what comes", async ({ log }) => {
    const topic = await topicWith(log, "old")
    const watcher = startReader(log, { group: newName("watcher"), topics: [topic], from: 0 })
    let sent = 0
    const sending = Effect.runFork(
      Effect.forever(
        Effect.andThen(
          Effect.promise(() => append(log, topic, `new ${sent++}`)),
          Effect.sleep("50 millis")
        )
      )
    )
    await watcher.has(3)
    await run(Fiber.interrupt(sending))
    await watcher.stop()
    expect(watcher.texts().every((text) => text.startsWith("new"))).toBe(true)
  })

  check("reading begins as soon as the topic exists", async ({ log }) => {
    const topic = newTopic()
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    const watcher = startReader(log, { group: newName("group"), topics: [topic], from: 5 })
    await run(log.ensureTopics([topic]))
    await append(log, topic, "1")
    await reader.has(1)
    await watcher.has(1)
    await reader.stop()
    await watcher.stop()
  })
}

const broker = await serverUrl(kafka)
describe.skipIf(broker === undefined)("event log on Kafka", () => suite(logsOnKafka(broker ?? "")))
describe("event log in a SQLite file", () => suite(logsInFile))
