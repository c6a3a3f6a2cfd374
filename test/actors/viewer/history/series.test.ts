import { describe, expect, test } from "bun:test"
import { readMask } from "../../../../actors/inspect/events/mask.ts"
import { makeSeries, seriesNames, visibleSeries } from "../../../../actors/viewer/history/series.ts"
import type { RecordBatch } from "../../../../bridge/event-log/service.ts"
import { Topic } from "../../../../contracts/ids.ts"

const now = 1_795_206_900_000
const topic = Topic.make("events")

const line = (type: string, { country = "DE", klag = 10, device = "Mobile" } = {}) =>
  `${type} type=${device}&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=1&klag=${klag}&country=${country}&city=XX e`

/** Consecutive records from an offset on, with the same time. */
const batch = (
  from: number,
  values: ReadonlyArray<string>,
  timestamp: number,
  { partition = 0, end = 1_000_000 } = {}
): RecordBatch => ({
  topic,
  partition,
  end: String(end),
  records: values.map((value, i) => ({
    offset: String(from + i),
    timestamp,
    key: undefined,
    value: new TextEncoder().encode(value),
    headers: {}
  }))
})

const times = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)

test("when the mask hides its names, a series has the sum only", () => {
  const shown = (list: string) => seriesNames.map((name) => visibleSeries(name, readMask(list)))
  expect(shown("email")).toEqual([...seriesNames])
  expect(shown("country,type")).toEqual(["all", "types", "all", "all", "klag"])
})

describe("a series", () => {
  test("has rates of complete intervals, from where all records are known", () => {
    const series = makeSeries(now - 20_000)
    const reader = series.reader()
    series.add(reader, batch(0, times(10, line("a")), now - 8_000), now)
    series.add(reader, batch(10, times(5, line("b")), now - 3_000), now)
    series.add(reader, batch(15, times(7, line("b")), now), now)
    const all = series.view("all", 1, now)
    expect(all).toMatchObject({ name: "all", unit: "events/s", step: 5 })
    expect(all.times).toHaveLength(12)
    expect(all.times.at(-1)).toBe(now / 1000 - 5)
    expect(all.lines).toEqual([{ name: "all", values: [...times(8, null), 0, 0, 2, 1] }])
    expect(series.view("types", 1, now).lines).toEqual([
      { name: "a", values: [...times(8, null), 0, 0, 2, 0] },
      { name: "b", values: [...times(8, null), 0, 0, 0, 1] }
    ])
  })

  test("has the ten largest names and the rest as one", () => {
    const series = makeSeries(now - 60_000)
    const many = Array.from({ length: 13 }, (_, n) =>
      times(20 - n, line(`type-${n}`, { country: `${n}` }))
    ).flat()
    series.add(series.reader(), batch(0, many, now - 5_000), now)
    for (const [name, largest] of [
      ["types", "type-0"],
      ["countries", "0"]
    ] as const) {
      const { lines } = series.view(name, 1, now)
      expect(lines).toHaveLength(11)
      expect(lines[0]).toMatchObject({ name: largest })
      expect(lines[0]?.values.at(-1)).toBe(4)
      expect(lines.at(-1)).toMatchObject({ name: "(other)" })
      expect(lines.at(-1)?.values.at(-1)).toBe((10 + 9 + 8) / 5)
    }
    expect(series.view("devices", 1, now).lines.map(({ name }) => name)).toEqual(["Mobile"])
  })

  test("of any number of names is bounded, and counts all events", () => {
    const series = makeSeries(now - 60_000)
    const names = Array.from({ length: 5_000 }, (_, n) => line(`type-${n}`))
    series.add(series.reader(), batch(0, names, now - 5_000), now)
    const { lines } = series.view("types", 1, now)
    expect(lines).toHaveLength(11)
    expect(lines.reduce((sum, { values }) => sum + (values.at(-1) ?? 0), 0)).toBeCloseTo(1_000, 5)
  })

  test("of klag has percentiles in ms, and none without events", () => {
    const series = makeSeries(now - 60_000)
    const seconds =
      "/t/a bot_name&country=DE&device=mobile&device_name&ip=1&klag=2&platform=ios&ts=1795206905 p"
    const some = [...times(98, line("a", { klag: 100 })), line("a", { klag: -4 }), seconds, "no record"]
    series.add(series.reader(), batch(0, some, now - 5_000), now)
    const { unit, lines } = series.view("klag", 1, now)
    expect(unit).toBe("ms")
    expect(lines.map(({ name }) => name)).toEqual(["p50", "p90", "p99"])
    const last = lines.map(({ values }) => values.at(-1) ?? 0)
    expect(last[0]).toBeGreaterThanOrEqual(100)
    expect(last[0]).toBeLessThan(106)
    expect(lines[0]?.values.at(-2)).toBeNull()
  })

  test("of a longer span has longer intervals, and an hour is kept", () => {
    const series = makeSeries(now - 7_200_000)
    const reader = series.reader()
    for (let ago = 7_200; ago > 0; ago -= 5) {
      const at = now - ago * 1000
      series.add(reader, batch(7_200 - ago, times(5, line("a")), at), at)
    }
    const hour = series.view("all", 600, now)
    expect(hour.step).toBe(15)
    expect(hour.times).toHaveLength(240)
    expect(new Set(hour.lines[0]?.values)).toEqual(new Set([1]))
  })

  test("has no points in the future when the log's clock is ahead", () => {
    const series = makeSeries(now - 60_000)
    series.add(series.reader(), batch(0, [line("a")], now + 3_600_000), now)
    expect(series.view("all", 1, now + 5_000).lines[0]?.values.at(-1)).toBe(0.2)
  })
})

describe("records that several readers add", () => {
  const total = (series: ReturnType<typeof makeSeries>): number =>
    Math.round(
      5 *
        series
          .view("all", 1, now)
          .lines.flatMap(({ values }) => values)
          .reduce<number>((sum, n) => sum + (n ?? 0), 0)
    )

  test("count once, also in overlapping ranges", () => {
    const series = makeSeries(now - 60_000)
    const [live, back, further] = [series.reader(), series.reader(), series.reader()]
    const at = now - 5_000
    series.add(live, batch(200, times(10, line("a")), at), now)
    series.add(back, batch(150, times(55, line("a")), at), now)
    series.add(live, batch(210, times(10, line("a")), at), now)
    series.add(back, batch(205, times(15, line("a")), at), now)
    expect(total(series)).toBe(70)
    series.add(further, batch(100, times(60, line("a")), at), now)
    series.add(further, batch(160, times(60, line("a")), at), now)
    expect(total(series)).toBe(120)
    series.add(live, batch(215, times(10, line("a")), at), now)
    expect(total(series)).toBe(125)
    series.add(live, batch(0, times(1, line("a")), at, { partition: 1 }), now)
    expect(total(series)).toBe(126)
  })

  test("of a log that was deleted and created again count from its beginning", () => {
    const series = makeSeries(now - 60_000)
    const reader = series.reader()
    series.add(reader, batch(0, times(10, line("a")), now - 5_000, { end: 10 }), now)
    series.add(reader, batch(0, times(5, line("a")), now - 5_000, { end: 5 }), now)
    expect(total(series)).toBe(15)
  })
})
