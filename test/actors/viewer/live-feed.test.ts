import { describe, expect, test } from "bun:test"
import type { FeedRecord } from "../../../actors/viewer/feed-record.ts"
import { liveFeed } from "../../../actors/viewer/live-feed.ts"
import type { Bytes } from "../../../contracts/event.ts"

const record = (offset: number, value = "app_open type=Desktop a=1"): FeedRecord => ({
  stage: "stored",
  times: {},
  topic: "events",
  partition: 0,
  offset: String(offset),
  timestamp: 0,
  id: "",
  value: value as Bytes
})
const run = (from: number, to: number, value?: string): ReadonlyArray<FeedRecord> =>
  Array.from({ length: to - from }, (_, i) => record(from + i, value))
const offsets = (records: ReadonlyArray<FeedRecord>): ReadonlyArray<string> =>
  records.map(({ offset }) => offset)
const all = [1_000_000, 1_000_000_000] as const

describe("the feed", () => {
  test("a watcher begins with the last events, and then gets every event once, in order", () => {
    const feed = liveFeed({ history: 3, buffer: 10 })
    feed.add(run(0, 5))
    const watcher = feed.watch("")
    expect(offsets(watcher.take(...all).records)).toEqual(["2", "3", "4"])
    feed.add(run(5, 7))
    expect(watcher.take(...all)).toEqual({ records: run(5, 7), dropped: 0 })
    expect(watcher.take(...all)).toEqual({ records: [], dropped: 0 })
    expect(feed.total()).toBe(7)
  })

  test("a watcher that does not read loses its oldest events, and is told how many, once", () => {
    const feed = liveFeed({ history: 3, buffer: 4 })
    const watcher = feed.watch("")
    feed.add(run(0, 3))
    feed.add(run(3, 10))
    const taken = watcher.take(...all)
    expect(offsets(taken.records)).toEqual(["6", "7", "8", "9"])
    expect(taken.dropped).toBe(6)
    expect(watcher.take(...all).dropped).toBe(0)
  })

  test("one slow watcher takes nothing from another", () => {
    const feed = liveFeed({ history: 3, buffer: 2 })
    feed.watch("")
    const quick = feed.watch("")
    for (let offset = 0; offset < 10; offset++) {
      feed.add([record(offset)])
      expect(quick.take(...all)).toEqual({ records: [record(offset)], dropped: 0 })
    }
  })

  test("a watcher gets only the types it asked for, from the past too, and drops no others", () => {
    const feed = liveFeed({ history: 10, buffer: 2 })
    feed.add([record(0, "purchase type=Desktop a"), record(1), record(2, "/t/Purchase_done bot_name& p")])
    const watcher = feed.watch("PURCH")
    expect(offsets(watcher.take(...all).records)).toEqual(["0", "2"])
    feed.add(run(3, 100))
    feed.add([record(100, "purchase type=Desktop a"), record(101, "app_open type=Desktop purchase")])
    expect(watcher.take(...all)).toEqual({ records: [record(100, "purchase type=Desktop a")], dropped: 0 })
  })

  test("what is taken at once is bounded in events and in bytes, but is never nothing", () => {
    const feed = liveFeed()
    const watcher = feed.watch("")
    feed.add(run(0, 5, "x".repeat(10)))
    expect(offsets(watcher.take(2, 1_000).records)).toEqual(["0", "1"])
    expect(offsets(watcher.take(10, 25).records)).toEqual(["2", "3"])
    expect(offsets(watcher.take(10, 1).records)).toEqual(["4"])
  })

  test("a watcher that has left is forgotten", () => {
    const feed = liveFeed()
    const watcher = feed.watch("")
    expect(feed.watchers()).toBe(1)
    watcher.close()
    feed.add(run(0, 3))
    expect(feed.watchers()).toBe(0)
    expect(watcher.take(...all).records).toEqual([])
  })
})
