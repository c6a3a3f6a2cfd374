import { describe, expect, test } from "bun:test"
import { noMask, readMask } from "../../../../actors/inspect/events/mask.ts"
import type { Filter, LiveMessage } from "../../../../actors/inspect/events/messages.ts"
import {
  type FeedLimits,
  type LiveFeed,
  liveFeed,
  standardLimits
} from "../../../../actors/viewer/live/feed.ts"
import { maxQueuedEvents } from "../../../../actors/viewer/live/subscriber.ts"
import { bytesOf } from "../../../../contracts/event.ts"
import type { CopyStage } from "../../../../contracts/event-copy.ts"
import { BatchId, Topic } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"
import { batchOf } from "../watching.ts"

const feedWith = (limits: Partial<FeedLimits> = {}, mask = noMask): LiveFeed =>
  liveFeed(mask, { ...standardLimits, intervalMs: 5, ...limits })

const opened: Array<() => void> = []
const watching = (feed: LiveFeed, filter: Filter = {}) => {
  const messages: Array<LiveMessage> = []
  const recipient = { isReady: true }
  const subscription = feed.subscribe(filter, {
    send: (message) => messages.push(JSON.parse(message)),
    isReady: () => recipient.isReady
  })
  opened.push(subscription.close)
  return {
    ...subscription,
    messages,
    recipient,
    types: () => messages.flatMap(({ events }) => events.map(({ type }) => type)),
    offsets: () => messages.flatMap(({ events }) => events.map(({ offset }) => Number(offset))),
    dropped: () => messages.reduce((sum, { dropped }) => sum + dropped, 0)
  }
}
const run = (from: number, to: number, type = "app_open"): ReturnType<typeof batchOf> =>
  batchOf(
    Array.from({ length: to - from }, (_, n) => `${type} type=Desktop n=${from + n}`),
    from
  )
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)
const copies = (stage: CopyStage, line: string, dropped = 0) => ({
  stage,
  topic: Topic.make("events"),
  batch: BatchId.make("b"),
  at: 5,
  dropped,
  events: [
    {
      index: 0,
      ...(stage === "raw" || stage === "rejected" ? { line: bytesOf(line) } : { record: bytesOf(line) })
    }
  ]
})

describe("a subscription", () => {
  test("begins with the recent events that match, then gets every event once, in order", async () => {
    const feed = feedWith({ maxRecent: 8, maxFirst: 3 })
    feed.add(run(0, 10))
    const { messages, offsets } = watching(feed)
    expect(messages).toMatchObject([{ total: 10, sample: 1, dropped: 0 }])
    expect(offsets()).toEqual([7, 8, 9])
    feed.add(run(10, 12))
    feed.add(run(12, 15))
    await eventually("the next", () => offsets().length === 8)
    expect(offsets()).toEqual(range(7, 15))
    expect(messages.at(-1)).toMatchObject({ total: 15, sample: 1, dropped: 0 })
  })

  test("gets the figures at once, also without events, and when they change", async () => {
    const feed = feedWith()
    const { messages } = watching(feed, { type: "other" })
    expect(messages).toEqual([{ total: 0, rate: 0, sample: 1, dropped: 0, events: [] }])
    feed.add(run(0, 7))
    await eventually("the total", () => messages.at(-1)?.total === 7)
    await eventually("that none came for a second", () => messages.at(-1)?.rate === 0)
    expect(messages.at(-1)).toEqual({ total: 7, rate: 0, sample: 1, dropped: 0, events: [] })
  })

  test("gets the events of its filter, recent ones too, independently of others", async () => {
    const feed = feedWith()
    feed.add(run(0, 2, "buy"))
    feed.add(run(2, 4))
    const buys = watching(feed, { type: "BUY" })
    const same = watching(feed, { type: " buy ", topic: "" })
    const all = watching(feed)
    feed.add(run(4, 6))
    feed.add(run(6, 8, "buy_more"))
    await eventually("all of them", () => all.types().length === 8)
    expect(buys.types()).toEqual(["buy", "buy", "buy_more", "buy_more"])
    expect(same.types()).toEqual(buys.types())
  })

  test("gets nothing after it was closed", async () => {
    const feed = feedWith()
    const one = watching(feed)
    const other = watching(feed)
    expect(feed.subscribers()).toBe(2)
    one.close()
    one.close()
    expect(feed.subscribers()).toBe(1)
    feed.add(run(0, 3))
    await eventually("the other has them", () => other.offsets().length === 3)
    expect(one.offsets()).toEqual([])
    other.close()
    expect(feed.subscribers()).toBe(0)
  })
})

describe("a slow subscriber", () => {
  test("loses the oldest events, gets their number once, and does not affect others", async () => {
    const feed = feedWith({ maxPerSubscriber: 10_000, maxFirst: 0 })
    const slow = watching(feed)
    const quick = watching(feed)
    slow.recipient.isReady = false
    for (let at = 0; at < 700; at += 100) {
      feed.add(run(at, at + 100))
      await eventually("the quick one has them", () => quick.offsets().length === at + 100)
    }
    slow.recipient.isReady = true
    await eventually("what is left", () => slow.offsets().length === maxQueuedEvents)
    expect(slow.offsets()).toEqual(range(700 - maxQueuedEvents, 700))
    expect(slow.dropped()).toBe(700 - maxQueuedEvents)
    expect(quick.dropped()).toBe(0)
    feed.add(run(700, 701))
    await eventually("the next", () => slow.offsets().at(-1) === 700)
    expect(slow.dropped()).toBe(700 - maxQueuedEvents)
  })

  test("that is paused gets figures without events, and continues when resumed", async () => {
    const feed = feedWith({ maxPerSubscriber: 10_000 })
    const one = watching(feed)
    one.pause()
    feed.add(run(0, 700))
    await eventually("the total", () => one.messages.at(-1)?.total === 700, 5_000)
    expect(one.offsets()).toEqual([])
    one.resume()
    await eventually("what is left", () => one.offsets().length === maxQueuedEvents)
    expect(one.offsets().at(-1)).toBe(699)
    expect(one.dropped()).toBe(700 - maxQueuedEvents)
  })
})

describe("events over the limits", () => {
  test("are sampled, and the sampling is reported", async () => {
    const feed = feedWith({ maxPerSubscriber: 50 })
    const { messages, offsets } = watching(feed)
    feed.add(run(0, 5_000))
    await eventually("some of them", () => offsets().length > 0)
    expect(offsets().length).toBeLessThanOrEqual(50)
    const message = messages.find(({ events }) => events.length > 0)
    expect(message?.total).toBe(5_000)
    expect(Math.abs((message?.sample ?? 0) * offsets().length - 5_000)).toBeLessThanOrEqual(
      message?.sample ?? 0
    )
    expect(messages.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(0)
  })

  test("of all subscribers together are shared among them", async () => {
    const feed = feedWith({ maxPerSubscriber: 1_000, maxTogether: 100 })
    const all = Array.from({ length: 10 }, () => watching(feed))
    feed.add(run(0, 5_000))
    await eventually("all have some", () => all.every(({ offsets }) => offsets().length > 0))
    for (const { offsets } of all) expect(offsets().length).toBeLessThanOrEqual(15)
  })

  test("are compared in part when there are many filters, which is reported, after idle intervals too", async () => {
    const feed = feedWith({ maxComparisons: 100, maxPerSubscriber: 1_000_000, maxTogether: 10_000_000 })
    const all = Array.from({ length: 20 }, (_, n) =>
      watching(feed, { type: "=t", text: n === 0 ? "" : `n${n}` })
    )
    feed.add(run(0, 1_000, "t"))
    await eventually("the first has some", () => (all[0]?.offsets().length ?? 0) > 0)
    // Intervals without events must not reset the sampling at once.
    let added = 1_000
    await eventually("only a part is compared", () => {
      feed.add(run(added, added + 100, "t"))
      added += 100
      return all.some(({ messages }) => messages.some(({ sample }) => sample > 1))
    })
  })

  test("are limited in bytes too: long events are shortened, and recent events are bounded", async () => {
    const feed = feedWith({ maxRecentBytes: 300_000 })
    const long = (n: number) => batchOf([`long type=Desktop a=${"x".repeat(100_000)}&b=${n}`], n)
    for (let n = 0; n < 10; n++) feed.add(long(n))
    const { messages, offsets } = watching(feed)
    expect(offsets()).toEqual([8, 9])
    expect(JSON.stringify(messages).length).toBeLessThan(50_000)
    expect(messages[0]?.events[0]?.raw).toEndWith("characters more)")
  })
})

describe("stages", () => {
  test("other than stored are sent as copies, to their subscribers only", async () => {
    const feed = feedWith()
    let changes = 0
    feed.onStagesChanged(() => {
      changes += 1
    })
    const stored = watching(feed)
    expect(feed.stages()).toEqual([])
    feed.addCopies(copies("raw", "10.0.0.1 5 h nopod /before e"))
    const raw = watching(feed, { stage: "raw" })
    const enriched = watching(feed, { stage: "enriched" })
    expect(feed.stages().toSorted()).toEqual(["enriched", "raw"])
    feed.addCopies(copies("raw", "10.0.0.1 5 h nopod /t/line a=1 UA"))
    feed.addCopies(copies("enriched", "record type=Desktop a=1", 7))
    feed.add(run(0, 1, "stored"))
    await eventually("all have one", () => [stored, raw, enriched].every(({ types }) => types().length > 0))
    expect([stored, raw, enriched].map(({ types }) => types())).toEqual([["stored"], ["line"], ["record"]])
    expect(enriched.dropped()).toBe(7)
    expect(watching(feed, { stage: "raw" }).types()).toEqual(["line"])
    expect(changes).toBe(3)
    for (const close of opened.splice(0)) close()
    expect(feed.stages()).toEqual([])
    expect(changes).toBe(5)
    expect(watching(feed, { stage: "raw" }).types()).toEqual([])
  })
})

test("masked values are neither sent nor matched", async () => {
  const feed = feedWith({}, readMask("email"))
  feed.add(batchOf(["buy type=Desktop email=a%40b.de&n=1"]))
  expect(JSON.stringify(watching(feed).messages)).toContain("•••")
  expect(JSON.stringify(watching(feed).messages)).not.toContain("b.de")
  for (const filter of [{ text: "b.de" }, { param: "email=a@b.de" }, { param: "email~b" }]) {
    expect(watching(feed, filter).types()).toEqual([])
  }
})
