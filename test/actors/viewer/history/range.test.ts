/** Counts and series of a range of time: from the records in the log, and unknown where the scan did not reach. */

import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { countings } from "../../../../actors/counter/countings.ts"
import { noMask, readMask } from "../../../../actors/inspect/events/mask.ts"
import type { Counter } from "../../../../actors/viewer/counters.ts"
import { counters } from "../../../../actors/viewer/counters.ts"
import { tablesOfRange } from "../../../../actors/viewer/history/range-counts.ts"
import { seriesOfRange } from "../../../../actors/viewer/history/range-series.ts"
import { hasGap, noReadGaps } from "../../../../actors/viewer/history/read-gaps.ts"
import { requestedRange } from "../../../../actors/viewer/history/requested-range.ts"
import { makeSeries } from "../../../../actors/viewer/history/series.ts"
import type { EventLog, RecordBatch } from "../../../../bridge/event-log/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { Topic } from "../../../../contracts/ids.ts"

const topic = Topic.make("events")
const start = 1_795_206_900_000
const line = (type: string, klag = 10) =>
  `${type} type=Mobile&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=cb007109&klag=${klag}&country=DE&city=XX action=a`

/** A batch with one record at each of these seconds after the start. */
const batchOf = (seconds: ReadonlyArray<number>): RecordBatch => ({
  topic,
  partition: 0,
  end: "100",
  records: seconds.map((second, i) => ({
    offset: String(i),
    timestamp: start + second * 1000,
    key: undefined,
    value: new TextEncoder().encode(line(second % 2 === 0 ? "even" : "odd")),
    headers: {}
  }))
})

const contextOf = (scan: EventLog["Service"]["scan"]) => ({
  scan,
  topics: [topic],
  mask: noMask,
  timeoutMs: 30
})
const completeScan = (seconds: ReadonlyArray<number>) =>
  contextOf((_, see) => Effect.sync(() => see(batchOf(seconds), 1)))
const range = { since: start, until: start + 60_000 }
const counter = { name: "event-counter", title: "Types", tables: ["by-type", "by-action"] }

describe("a range of time", () => {
  test("has the counts that a counter would have, of its records only", async () => {
    const tables = await Effect.runPromise(
      tablesOfRange(counter, countings, range, completeScan([-2, 0, 1, 2, 59, 60]))
    )
    expect(tables).toEqual({
      reached: range.until,
      looked: 4,
      troubles: [],
      rows: {
        "by-type": [
          { type: "even", events: 2 },
          { type: "odd", events: 2 }
        ],
        "by-action": [
          { action: "even[a]", events: 2 },
          { action: "odd[a]", events: 2 }
        ]
      }
    })
    const timings = { name: "timing-stats", title: "Timings", tables: ["timings"] }
    const { rows } = await Effect.runPromise(tablesOfRange(timings, countings, range, completeScan([1])))
    expect(rows.timings?.[0]).toMatchObject({ "milliseconds of": "klag", count: 1, average: 10 })
    expect(
      (await Effect.runPromise(tablesOfRange(timings, countings, range, completeScan([])))).rows.timings
    ).toEqual([])
  })

  const linesIn = (...lines: ReadonlyArray<string>) =>
    contextOf((_, see) =>
      Effect.sync(() => {
        const { records, ...batch } = batchOf(lines.map((_, i) => i))
        return see(
          {
            ...batch,
            records: records.map((one, i) => ({ ...one, value: new TextEncoder().encode(lines[i]) }))
          },
          1
        )
      })
    )
  const meta = (ts: number) =>
    `type=Mobile&browser=&engine=&version=&os=&host=h&pod=p&ts=${ts}&ip=cb007109&klag=10&country=DE&city=XX`
  const [events, origins, searches, timings] = counters
  const rowsOf = async (
    counter: Counter | undefined,
    context: ReturnType<typeof contextOf>,
    mask = noMask
  ) => {
    if (counter === undefined) throw new Error("Unknown counter.")
    const { rows } = await Effect.runPromise(tablesOfRange(counter, countings, range, { ...context, mask }))
    expect(Object.keys(rows)).toEqual([...counter.tables])
    return rows
  }

  test("is counted by the counters' rules: legacy table, lists, decoded types, short keys", async () => {
    const context = linesIn(
      `open ${meta(start)} a=1`,
      `open ${meta(start)} action=`,
      `buy ${meta(start)} action=a&action=b`,
      `%E8%B4%AD%E4%B9%B0 ${meta(start)} action%5B%5D=a`,
      `offr ${meta(start)} action=preview&text=`,
      `offr ${meta(start)} action=preview&text=${"x".repeat(90_000)}`
    )
    expect(await rowsOf(events, context)).toMatchObject({
      "by-action": [
        { action: "offr[preview]", events: 2 },
        { action: "buy[a,b]", events: 1 },
        { action: "购买[a]", events: 1 }
      ],
      "by-event": expect.arrayContaining([
        { event: "open", events: 2 },
        { event: "buy[a,b]", events: 1 },
        { event: "购买[a]", events: 1 }
      ])
    })
    expect(await rowsOf(searches, context)).toEqual({
      "by-text": [
        { text: "", events: 1 },
        { text: "x".repeat(200), events: 1 }
      ]
    })
  })

  test("hides what the mask hides: actions in both tables, searches, origins", async () => {
    const context = linesIn(
      `buy ${meta(start)} action=secret`,
      `offr ${meta(start)} action=preview&text=secret`
    )
    const mask = readMask("address,action,text,country,pod")
    expect(await rowsOf(events, context, mask)).toMatchObject({
      "by-action": [
        { action: "buy[•••]", events: 1 },
        { action: "offr[•••]", events: 1 }
      ],
      "by-event": [
        { event: "buy[•••]", events: 1 },
        { event: "offr[•••]", events: 1 }
      ]
    })
    expect(await rowsOf(searches, context, mask)).toEqual({ "by-text": [{ text: "•••", events: 1 }] })
    expect(await rowsOf(origins, context, mask)).toEqual({
      "by-pod": [{ pod: "•••", events: 2 }],
      "by-address": [{ address: "•••", events: 2 }],
      "by-country": [{ country: "•••", events: 2 }]
    })
  })

  test("ignores times in another unit in averages, and has no average without values", async () => {
    const away = `open ${meta(Math.round(start / 1000))} a=1`
    const row = async (...lines: ReadonlyArray<string>) =>
      (await rowsOf(timings, linesIn(...lines))).timings?.find(
        (one) => one["milliseconds of"] === "whole-way"
      )
    expect(await row(away)).toEqual({
      "milliseconds of": "whole-way",
      count: 0,
      average: "–",
      p50: "–",
      p90: "–",
      p99: "–",
      max: "–",
      "other unit": 1,
      implausible: 0
    })
    expect(await row(`open ${meta(start)} a=1`, away)).toMatchObject({
      count: 1,
      average: 0,
      "other unit": 1
    })
    expect(await row()).toBeUndefined()
  })

  test("has a series with a suitable step, and 0 without records", async () => {
    const view = await Effect.runPromise(seriesOfRange("types", range, completeScan([0, 1, 30])))
    expect([view.step, view.times.length, view.times[0], view.known]).toEqual([1, 60, start / 1000, 60])
    const values = (name: string) => view.lines.find((one) => one.name === name)?.values
    expect([values("even")?.[0], values("odd")?.[1], values("even")?.[2]]).toEqual([1, 1, 0])
    const masked = { ...completeScan([0, 1, 30]), mask: readMask("country") }
    const hidden = await Effect.runPromise(seriesOfRange("countries", range, masked))
    expect([hidden.name, hidden.lines.map(({ name }) => name)]).toEqual(["countries", ["all"]])
    const day = { since: start, until: start + 86_400_000 }
    expect((await Effect.runPromise(seriesOfRange("all", day, completeScan([])))).step).toBe(600)
  })

  test("is unknown where it was not scanned, with the reason", async () => {
    const slow = contextOf((_, see) =>
      Effect.suspend(() => {
        see(batchOf([0, 10, 20]), 1)
        return Effect.never
      })
    )
    const view = await Effect.runPromise(seriesOfRange("all", range, slow))
    expect(view.troubles).toEqual([expect.stringContaining("before the end of the log")])
    expect(view.known).toBe(20)
    expect(view.lines[0]?.values.slice(18, 22)).toEqual([0, 0, null, null])
    const away = contextOf(() =>
      Effect.fail(new Failure({ reason: "unavailable", message: "Kafka is away." }))
    )
    const none = await Effect.runPromise(seriesOfRange("types", range, away))
    expect(none).toMatchObject({ known: 0, lines: [], troubles: ["Kafka is away."] })
    expect(await Effect.runPromise(tablesOfRange(counter, countings, range, away))).toMatchObject({
      looked: 0,
      reached: range.since,
      troubles: ["Kafka is away."]
    })
  })

  test("is read from a query, or refused", () => {
    const rangeIn = (query: string) => requestedRange(new Request(`http://viewer/x${query}`), 5_000)
    expect(rangeIn("")).toBeUndefined()
    expect(rangeIn("?since=1000")).toEqual({ since: 1_000, until: 5_000 })
    expect(rangeIn("?since=1000&until=9000")).toEqual({ since: 1_000, until: 5_000 })
    for (const query of [
      "?until=3",
      "?since=x",
      "?since=4000&until=3000",
      "?since=6000",
      "?since=1&until=-1"
    ])
      expect(rangeIn(query)).toBe("invalid")
  })
})

test("a series is unknown in a read gap, unless records of it were added later", () => {
  const gaps = [{ from: start + 10_000, until: start + 20_000 }]
  const series = makeSeries(start, () => gaps)
  const values = () => series.view("all", 1, start + 60_000).lines[0]?.values
  expect(values()).toEqual([0, 0, null, null, 0, 0, 0, 0, 0, 0, 0, 0])
  series.add(series.reader(), batchOf([12]), start + 60_000)
  expect(values()).toEqual([0, 0, 0.2, null, 0, 0, 0, 0, 0, 0, 0, 0])
  expect(hasGap([{ from: 5, until: undefined }], 1, 5)).toBe(false)
  expect(hasGap([{ from: 5, until: undefined }], 1, 6)).toBe(true)
  expect(noReadGaps.gaps()).toEqual([])
})
