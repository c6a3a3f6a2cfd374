/** The event log in a file beyond the contract: members that disappear, and retention. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ConfigProvider, Effect, Layer } from "effect"
import { layer } from "../../../../bridge/event-log/layer.ts"
import { EventLog } from "../../../../bridge/event-log/service.ts"
import {
  addRecords,
  addTopics,
  batchFrom,
  keptRecords,
  leasePlace,
  movePlace,
  offsetSince,
  releasePlaces,
  schema
} from "../../../../bridge/event-log/sqlite/tables.ts"
import { newTopic, record } from "../../../support/logs.ts"

const open = (): DatabaseSync => {
  const database = new DatabaseSync(":memory:")
  database.exec(schema)
  return database
}

describe("the committed offset of a group in a topic", () => {
  test("belongs to one member until its lease expires or it leaves; the next continues at the commit", () => {
    const database = open()
    const topic = newTopic()
    expect(leasePlace(database, "g", topic, "one", 1_000, 2_000)).toBe(0)
    expect(leasePlace(database, "g", topic, "two", 1_500, 2_500)).toBeUndefined()
    expect(leasePlace(database, "other", topic, "two", 1_500, 2_500)).toBe(0)
    expect(movePlace(database, "g", topic, "one", 7)).toBe(true)
    expect(leasePlace(database, "g", topic, "one", 1_900, 2_900)).toBe(7)
    expect(leasePlace(database, "g", topic, "two", 2_900, 3_900)).toBeUndefined()

    expect(leasePlace(database, "g", topic, "two", 2_901, 3_901)).toBe(7)
    expect(movePlace(database, "g", topic, "one", 9)).toBe(false)
    releasePlaces(database, "g", "one")
    expect(leasePlace(database, "g", topic, "one", 2_902, 3_902)).toBeUndefined()
    releasePlaces(database, "g", "two")
    expect(leasePlace(database, "g", topic, "one", 2_903, 3_903)).toBe(7)
  })
})

describe("a topic", () => {
  test("keeps its newest records, and offsets continue", () => {
    const database = open()
    const topic = newTopic()
    addTopics(database, [topic])
    addRecords(database, [record(topic, "first"), record(topic, "second")], 0)
    database.prepare("UPDATE topic SET next = ?").run(keptRecords)
    const [appended] = addRecords(database, [record(topic, "newest")], 0) ?? []
    expect(appended).toEqual({ stored: true, partition: 0, offset: String(keptRecords) })
    expect(batchFrom(database, topic, 0)?.records.map(({ offset }) => offset)).toEqual([
      "1",
      String(keptRecords)
    ])
    addTopics(database, [topic])
    expect(batchFrom(database, topic, keptRecords)?.end).toBe(String(keptRecords + 1))
  })

  test("has times that never decrease when the clock is set back, so that the first record of a time is found", () => {
    const database = open()
    const topic = newTopic()
    addTopics(database, [topic])
    for (const now of [1_000, 2_000, 500, 2_000, 3_000]) addRecords(database, [record(topic, "x")], now)
    const times = batchFrom(database, topic, 0)?.records.map(({ timestamp }) => timestamp)
    expect(times).toEqual([1_000, 2_000, 2_000, 2_000, 3_000])
    const since = (time: number) => offsetSince(database, topic, time)
    expect([0, 1_000, 1_001, 2_000, 2_500, 3_000, 3_001].map(since)).toEqual([0, 0, 1, 1, 4, 4, 5])
    database.prepare("DELETE FROM record WHERE offset < 3").run()
    expect(batchFrom(database, topic, since(500))?.records[0]?.offset).toBe("3")
    expect(since(2_500)).toBe(4)
    expect(offsetSince(database, newTopic(), 0)).toBe(0)
  })

  test("is read in batches of at most 1 MiB and at least one record", () => {
    const database = open()
    const topic = newTopic()
    addTopics(database, [topic])
    addRecords(
      database,
      Array.from({ length: 5 }, () => record(topic, "x".repeat(500_000))),
      0
    )
    expect(batchFrom(database, topic, 0)?.records.length).toBe(2)
    expect(batchFrom(database, topic, 4)?.records.length).toBe(1)
    expect(batchFrom(database, topic, 5)).toBeUndefined()
  })
})

test("a DATA_DIR that cannot be written ends the start with one sentence", async () => {
  const environment = ConfigProvider.fromUnknown({ DATA_DIR: "/dev/null/data" })
  const start = Effect.scoped(Layer.build(Layer.provide(layer, ConfigProvider.layer(environment))))
  const failure = await Effect.runPromise(Effect.flip(start))
  expect(failure.message).toContain("Set DATA_DIR to a folder that can be written.")
})

test("an unset or empty KAFKA_BROKERS chooses the file", async () => {
  const directory = mkdtempSync(join(tmpdir(), "spoor-log-"))
  for (const more of [{}, { KAFKA_BROKERS: " " }]) {
    const environment = ConfigProvider.fromUnknown({ DATA_DIR: directory, ...more })
    const kind = EventLog.use(({ dependency }) => Effect.succeed([dependency.kind, dependency.embedded]))
    const provided = Effect.provide(kind, Layer.provide(layer, ConfigProvider.layer(environment)))
    expect(await Effect.runPromise(provided)).toEqual(["sqlite", true])
  }
  rmSync(directory, { recursive: true })
})
