/**
 * A line whose time is in the other dialect's unit, through all actors: stored as the contract says, counted, and in no
 * average of klag. The lines are from public reports.
 */
import { expect, test } from "bun:test"
import { readEvent } from "../../actors/inspect/counters/counted-event.ts"
import { timingIncrements, timingsOf } from "../../actors/inspect/counters/timings.ts"
import { enrichEvent } from "../../actors/transform/enrich-record.ts"
import { otherUnits, readLines } from "../../actors/transform/read-lines.ts"
import { makeSeries } from "../../actors/viewer/history/series.ts"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Topic } from "../../contracts/ids.ts"

const standard = Topic.make("events")
const topics = { standard, allowed: new Set(["clicks"]), all: [standard, Topic.make("clicks")] }
const seen = 1_795_206_900_250

const right = [
  "203.0.113.9 1795206900000 trk.example.com nopod /t/app_open deviceid=a Mozilla/5.0",
  "203.0.113.9 1795206900 clicks /t/app_open deviceid=a Mozilla/5.0"
]
const wrong = [
  "203.0.113.9 1795206900 trk.example.com nopod /t/app_open deviceid=a Mozilla/5.0",
  "203.0.113.9 1795206900000 clicks /t/app_open deviceid=a Mozilla/5.0"
]

const bytes = (lines: ReadonlyArray<string>) => lines.map((line) => line as ByteString)

const device = { type: "Desktop", browser: "", engine: "", version: "", os: "", model: "", botName: "" }

const stored = (lines: ReadonlyArray<string>): ReadonlyArray<LogRecord> =>
  readLines(bytes(lines), topics).events.map((event, i) => {
    const { value } = enrichEvent(event, seen, {
      locate: () => ({ country: "DE", city: "XX" }),
      detect: () => device as never,
      keyParam: undefined
    })
    const raw = Uint8Array.from(value, (char) => char.charCodeAt(0))
    return { offset: String(i), timestamp: seen + 50, key: undefined, value: raw, headers: {} }
  })

test("it is an ordinary event whose record follows the contract", () => {
  const [pushtech = "", adtekio = ""] = stored(wrong).map(({ value }) => new TextDecoder().decode(value))
  expect(pushtech).toContain(`&ts=1795206900&`)
  expect(pushtech).toContain(`&klag=${seen - 1_795_206_900}&`)
  expect(adtekio).toContain(`&klag=${1_795_206_900 - 1_795_206_900_000}&`)
})

test("the drainer counts it", () => {
  const { events } = readLines(bytes([...right, ...wrong]), topics)
  expect(events).toHaveLength(4)
  expect(otherUnits(events, seen)).toBe(2)
})

test("it is counted separately and in no average", () => {
  const rows = new Map<string, number>()
  for (const record of stored([...right, ...wrong])) {
    const event = readEvent(record)
    if (event === undefined) throw new Error("This is no record.")
    for (const { key, by } of timingIncrements("klag", event.klag, event)) {
      rows.set(key, (rows.get(key) ?? 0) + by)
    }
  }
  expect(timingsOf(Array.from(rows, ([key, count]) => ({ key, count })))).toMatchObject({
    count: 2,
    average: 125,
    "other unit": 2,
    implausible: 0
  })
})

test("it is in the viewer's chart of events but not in that of klag", () => {
  const series = makeSeries(seen - 60_000)
  const records = stored([...wrong, right[0] ?? ""])
  series.add(series.reader(), { topic: standard, partition: 0, records, end: "3" }, seen + 100)
  const last = (name: "all" | "klag") =>
    series.view(name, 1, seen + 10_000).lines.map(({ values }) => values.filter((value) => (value ?? 0) > 0))
  expect(last("all")).toEqual([[0.6]])
  const longest = Math.max(...last("klag").flat().map(Number))
  expect(longest).toBeGreaterThanOrEqual(250)
  expect(longest).toBeLessThan(270)
})
