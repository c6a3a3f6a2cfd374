/** No answer of the viewer grows with what strangers sent: each kind of answer, given the largest texts that can be met. */
import { describe, expect, test } from "bun:test"
import { eventView } from "../../../actors/inspect/events/event-view.ts"
import { noMask } from "../../../actors/inspect/events/mask.ts"
import { shortView } from "../../../actors/inspect/events/shorten-view.ts"
import type { EventLocation } from "../../../actors/inspect/locate-event.ts"
import { whereView } from "../../../actors/viewer/dead-letters/view.ts"
import { consumerProgressMemory } from "../../../actors/viewer/history/consumer-progress.ts"
import { journey } from "../../../actors/viewer/history/event-timeline.ts"
import { pageBytes, pageView } from "../../../actors/viewer/history/page-limits.ts"
import { json } from "../../../actors/viewer/http/responses.ts"
import { LiveEvent } from "../../../actors/viewer/live/event.ts"
import { LiveClient, maxWaitingChars } from "../../../actors/viewer/live/subscriber.ts"
import type { ByteString } from "../../../contracts/event.ts"

const megabyte = 1024 * 1024

const huge = (length: number): string => "%00".repeat(Math.ceil(length / 3))

/** A record of which every part is long. */
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
  test("on a list has the beginnings of its texts, and is itself where it is short", () => {
    for (const longest of [1_000, 16_000]) {
      // A control character takes six in JSON.
      expect(weight(shortView(view(), longest))).toBeLessThan(6 * (3 * longest + 10 * 1_001))
    }
    expect(weight(pageView(view()))).toBeLessThan(pageBytes)
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

  test("in a message of the live list weighs little whatever it is", () => {
    const event = new LiveEvent(() => ({ ...view(), value: record() as ByteString }), 0, noMask)
    expect(event.text.length).toBeLessThan(400_000)
  })
})

test("what waits for a client that reads slowly is bounded in characters, and what made room is told", () => {
  let isReady = false
  const sent: Array<{ dropped: number; events: ReadonlyArray<string> }> = []
  const client = new LiveClient({
    send: (message) => sent.push(JSON.parse(message)),
    isReady: () => isReady
  })
  const event = JSON.stringify("x".repeat(100_000))
  for (let n = 0; n < 200; n++) client.keep([event], 0)
  isReady = true
  client.catchUp({ total: 200, rate: 0, sample: 1 })
  const told = sent.flatMap(({ events }) => events)
  expect(told.length * 100_000).toBeLessThanOrEqual(maxWaitingChars)
  expect(told.length).toBeGreaterThan(10)
  expect(sent.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(200 - told.length)
})

test("the way of an event that was stored again and again is told in part, and says so", () => {
  const witnesses = { consumers: ["event-counter"], memory: consumerProgressMemory(), mask: noMask }
  const large = journey(stored(300, 30_000), witnesses)
  expect(weight(large)).toBeLessThan(pageBytes + megabyte)
  expect(large.records.length).toBeGreaterThan(0)
  expect(large.troubles).toEqual([`${300 - large.records.length} more records of it are not shown.`])
  expect(journey(stored(3, 30), witnesses)).toMatchObject({ troubles: [] })
})

test("where an event is, is told of so many places", () => {
  const many = whereView(stored(300, 1_000), noMask)
  expect(many.records).toHaveLength(20)
  expect(many.troubles).toEqual(["280 more records of it are not shown."])
  expect(weight(many)).toBeLessThan(megabyte)
  expect(whereView(stored(20, 30), noMask).troubles).toEqual([])
})

test("an answer that would be larger than any may be is refused", async () => {
  expect((await json(["x".repeat(1_000)]).json())[0]).toHaveLength(1_000)
  expect(await json(undefined).json()).toBeNull()
  const refused = json("x".repeat(17 * megabyte))
  expect(refused.status).toBe(413)
  expect((await refused.json()).message).toContain("Ask for less")
})
