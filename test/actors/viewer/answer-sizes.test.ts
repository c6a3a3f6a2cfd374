/** The size of every response is bounded, whatever clients sent: each kind of response with the largest possible texts. */
import { describe, expect, test } from "bun:test"
import { eventView } from "../../../actors/inspect/events/event-view.ts"
import { noMask } from "../../../actors/inspect/events/mask.ts"
import { shortView } from "../../../actors/inspect/events/shorten-view.ts"
import type { EventLocation } from "../../../actors/inspect/locate-event.ts"
import { eventLocationView } from "../../../actors/viewer/event-location-view.ts"
import { consumerProgressCache } from "../../../actors/viewer/history/consumer-progress.ts"
import { eventTimeline } from "../../../actors/viewer/history/event-timeline.ts"
import { maxPageBytes, pageView } from "../../../actors/viewer/history/page-limits.ts"
import { json } from "../../../actors/viewer/http/responses.ts"
import { CopiedLiveEvent } from "../../../actors/viewer/live/event.ts"
import { maxQueuedChars, Subscriber } from "../../../actors/viewer/live/subscriber.ts"
import type { ByteString } from "../../../contracts/event.ts"

const megabyte = 1024 * 1024

const huge = (length: number): string => "%00".repeat(Math.ceil(length / 3))

/** A record with long parts only. */
const record = (length = megabyte): string => {
  const long = huge(length)
  return `${long} type=${long}&browser=${long}&version=${long}&ip=${long}&country=${long} a=${long}&b=1`
}

const view = (length?: number) =>
  eventView({
    stage: "stored",
    topic: "events",
    partition: 0,
    offset: "0",
    timestamp: 0,
    id: "i".repeat(megabyte),
    value: record(length) as ByteString,
    times: {},
    reason: "r".repeat(megabyte),
    detail: "d".repeat(megabyte),
    by: "b".repeat(megabyte)
  })

const weight = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

const stored = (count: number, length: number): EventLocation => ({
  id: "a-0",
  state: "stored",
  sentence: "In the log.",
  underWay: [],
  letters: [],
  records: Array.from({ length: count }, (_, n) => ({
    topic: "events",
    partition: 0,
    offset: String(n),
    key: "k".repeat(megabyte),
    value: new TextEncoder().encode(record(length)),
    times: [["logged", n]]
  })),
  troubles: []
})

describe("an event", () => {
  test("in a list is shortened, and unchanged when it is short", () => {
    for (const longest of [1_000, 16_000]) {
      // A control character takes six characters in JSON.
      expect(weight(shortView(view(), longest))).toBeLessThan(6 * (3 * longest + 10 * 1_001))
    }
    expect(weight(pageView(view()))).toBeLessThan(maxPageBytes)
    const short = eventView({
      ...view(30),
      id: "a-0",
      reason: "r",
      detail: "d",
      by: "b",
      value: record(30) as ByteString
    })
    expect(shortView(short, 16_000)).toBe(short)
  })

  test("in a message of the live list has a bounded size", () => {
    const event = new CopiedLiveEvent({ ...view(), value: record() as ByteString }, noMask)
    expect(event.json.length).toBeLessThan(400_000)
  })
})

test("the queue of a slow client is bounded in characters, and dropped events are reported", () => {
  let isReady = false
  const sent: Array<{ dropped: number; events: ReadonlyArray<string> }> = []
  const client = new Subscriber({
    send: (message) => sent.push(JSON.parse(message)),
    isReady: () => isReady
  })
  const event = JSON.stringify("x".repeat(100_000))
  for (let n = 0; n < 200; n++) client.queue([event], 0)
  isReady = true
  client.catchUp({ total: 200, rate: 0, sample: 1 })
  const received = sent.flatMap(({ events }) => events)
  expect(received.length * 100_000).toBeLessThanOrEqual(maxQueuedChars)
  expect(received.length).toBeGreaterThan(10)
  expect(sent.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(200 - received.length)
})

test("the timeline of an event that was stored many times is shortened, and says so", () => {
  const context = { consumers: ["event-counter"], progress: consumerProgressCache(), mask: noMask }
  const large = eventTimeline(stored(300, 30_000), context)
  expect(weight(large)).toBeLessThan(maxPageBytes + megabyte)
  expect(large.records.length).toBeGreaterThan(0)
  expect(large.troubles).toEqual([`${300 - large.records.length} more records of this event are not shown.`])
  expect(eventTimeline(stored(3, 30), context)).toMatchObject({ troubles: [] })
})

test("the location of an event lists a bounded number of records", () => {
  const many = eventLocationView(stored(300, 1_000), noMask)
  expect(many.records).toHaveLength(20)
  expect(many.troubles).toEqual(["280 more records of this event are not shown."])
  expect(weight(many)).toBeLessThan(megabyte)
  expect(eventLocationView(stored(20, 30), noMask).troubles).toEqual([])
})

test("a response over the size limit is refused", async () => {
  expect((await json(["x".repeat(1_000)]).json())[0]).toHaveLength(1_000)
  expect(await json(undefined).json()).toBeNull()
  const refused = json("x".repeat(17 * megabyte))
  expect(refused.status).toBe(413)
  expect((await refused.json()).message).toContain("Request a smaller range or limit")
})
