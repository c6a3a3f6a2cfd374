/** The contract of appending, for every event log: records are read unchanged from their position, or are refused one by one. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { type NewRecord, placements } from "../../../bridge/event-log/service.ts"
import { newName, newTopic, record, startReader, textOf } from "../../support/logs.ts"
import { append, type Check, failureOf, run, stored, topicWith } from "./check.ts"

export const appending = (check: Check): void => {
  check("appended records are read byte for byte, with key and headers", async ({ log }) => {
    await run(log.dependency.check)
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
    const [one] = placements(first, appended.slice(0, first.length), 7)
    expect(one).toEqual({ topic, partition: appended[0]?.partition ?? -1, offset: "0", count: 2_200, at: 7 })
    expect(appended.map(({ offset }) => offset)).toEqual(texts.map((_, i) => String(i)))
    expect(new Set(appended.map(({ partition }) => partition)).size).toBe(1)

    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(texts.length)
    await reader.stop()
    expect(reader.texts()).toEqual(texts)
    const records = reader.batches.flatMap((batch) => batch.records)
    expect(records.map(({ offset }) => offset)).toEqual(texts.map((_, i) => String(i)))
  })

  check("an append without records succeeds at once", async ({ log }) => {
    expect(await run(log.append([], "x"))).toEqual([])
  })

  check(
    "records without a key go to the partition of the affinity, also when sent again",
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

  check("topics are created once, also by repeated and concurrent calls", async ({ log, other }) => {
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
    expect(appended[2]).toEqual({
      stored: false,
      why: "too large",
      reason: `too large for the topic ${topic}`
    })
    expect(appended.flatMap((one) => (one.stored ? [one.offset] : []))).toEqual(["0", "1", "2", "3", "4"])
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(5)
    await reader.stop()
    expect(reader.texts()).toEqual(["a", "b", "d", "e", "f"])
  })

  check(
    "records appended during a read are delivered, also those of another process",
    async ({ log, other }) => {
      const topic = await topicWith(log, "before")
      const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
      await reader.has(1)
      await append(log, topic, "here")
      await reader.has(2)
      await append(other, topic, "elsewhere")
      await reader.has(3)
      await reader.stop()
      expect(reader.texts()).toEqual(["before", "here", "elsewhere"])
    }
  )

  check("`end` is the offset after the last record", async ({ log }) => {
    const topic = await topicWith(log, "1", "2", "3")
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    await reader.has(3)
    await append(log, topic, "4")
    await reader.has(4)
    await reader.stop()
    expect(reader.batches[0]?.end).toBe("3")
    expect(reader.batches[reader.batches.length - 1]?.end).toBe("4")
  })
}
