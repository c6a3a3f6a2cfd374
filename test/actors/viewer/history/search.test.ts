/** A search finds the records of the log, oldest first, page by page, on every log; and reports what it did not scan. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { readMask } from "../../../../actors/inspect/events/mask.ts"
import type { SearchView } from "../../../../actors/inspect/events/messages.ts"
import { readCursor } from "../../../../actors/viewer/history/cursor.ts"
import { maxPageBytes } from "../../../../actors/viewer/history/page-limits.ts"
import { search } from "../../../../actors/viewer/history/search.ts"
import { defaultSince, type SearchQuery } from "../../../../actors/viewer/history/search-query.ts"
import type { RecordBatch } from "../../../../bridge/event-log/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { eventId, newBatchId, type Topic } from "../../../../contracts/ids.ts"
import { type Log, newTopic } from "../../../support/logs.ts"
import { all, describeOnLogs, on, ready } from "./searched-logs.ts"

const line = (type: string, query: string, country = "DE") =>
  `${type} type=Mobile&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=cb007109&klag=1&country=${country}&city=XX ${query}`

const append = (log: Log, topic: Topic, values: ReadonlyArray<string>, affinity: string) =>
  log.append(
    values.map((value, i) => ({
      topic,
      value: new TextEncoder().encode(value),
      headers: { id: `${affinity}-${i}` }
    })),
    affinity
  )

await describeOnLogs("a search", (check) => {
  check("finds by type, parameter, text and id, in all topics or in one", (log) =>
    Effect.gen(function* () {
      const [one, other] = [newTopic(), newTopic()]
      yield* ready(log, [one, other])
      const id = eventId(newBatchId(), 0)
      yield* append(
        log,
        one,
        [line("app_open", "user=7"), line("purchase", "user=8&item=red%20shoe")],
        id.slice(0, -2)
      )
      yield* append(log, other, [line("app_open", "user=8", "US"), "no record of ours"], "x")
      const found = (filter: SearchQuery["filter"]) =>
        Effect.map(
          search({ ...all, filter }, on(log, [one, other], 5_000)),
          ({ events, complete, looked, next }) => {
            expect({ complete, next }).toEqual({ complete: true, next: undefined })
            expect(looked).toBeGreaterThan(0)
            return events.map(
              ({ topic, type, params }) => `${topic === one ? 1 : 2} ${type} ${params[0]?.[1] ?? ""}`
            )
          }
        )
      expect((yield* found({})).toSorted()).toEqual(["1 app_open 7", "1 purchase 8", "2 app_open 8", "2 no "])
      expect((yield* found({ type: "=app_open" })).toSorted()).toEqual(["1 app_open 7", "2 app_open 8"])
      expect((yield* found({ param: "user=8" })).toSorted()).toEqual(["1 purchase 8", "2 app_open 8"])
      expect(yield* found({ param: "item~shoe" })).toEqual(["1 purchase 8"])
      expect(yield* found({ text: id })).toEqual(["1 app_open 7"])
      expect(yield* found({ topic: other, country: "us" })).toEqual(["2 app_open 8"])
      const none = yield* search({ ...all, filter: { topic: "nowhere" } }, on(log, [one, other], 5_000))
      expect(none).toMatchObject({ events: [], complete: true, looked: 0 })
    })
  )

  check("returns page after page: each event once, oldest first", (log) =>
    Effect.gen(function* () {
      const topics = [newTopic(), newTopic()]
      yield* ready(log, topics)
      for (let n = 0; n < 30; n++) {
        const topic = topics[n % 2] ?? newTopic()
        yield* append(log, topic, [line("a", `n=${n}`), line("b", `n=${n}`)], `batch ${n}`)
        yield* Effect.sleep(2)
      }
      const seen: Array<string> = []
      let since: number | undefined = 0
      for (let pages = 0; since !== undefined && pages < 40; pages++) {
        const page: SearchView = yield* search(
          { ...all, since, limit: 4, filter: { type: "a" } },
          on(log, topics, 5_000)
        )
        expect(page.events.length).toBeLessThanOrEqual(4)
        expect(page.next === undefined).toBe(page.complete)
        expect(page.troubles).toEqual([])
        seen.push(...page.events.map(({ params }) => params[0]?.[1] ?? ""))
        since = page.next
      }
      expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`))
    })
  )

  check("ends before `until`", (log) =>
    Effect.gen(function* () {
      const topic = newTopic()
      yield* ready(log, [topic])
      yield* append(log, topic, [line("a", "n=1")], "x")
      yield* Effect.sleep(3)
      const [first] = (yield* search(all, on(log, [topic], 5_000))).events
      const until = (first?.timestamp ?? 0) + 1
      yield* append(log, topic, [line("a", "n=2")], "x")
      const page = yield* search({ ...all, until }, on(log, [topic], 5_000))
      expect(page).toMatchObject({ complete: true, next: undefined })
      expect(page.events.map(({ params }) => params[0]?.[1])).toEqual(["1"])
    })
  )
})

describe("a search in a scripted log", () => {
  const topic = newTopic()
  const batch = (partition: number, offset: number, ...at: ReadonlyArray<number>): RecordBatch => ({
    topic,
    partition,
    end: "1000",
    records: at.map((timestamp, i) => ({
      offset: String(offset + i),
      timestamp,
      key: undefined,
      value: new TextEncoder().encode(line("a", "n=1")),
      headers: {}
    }))
  })
  /** A scan of two partitions that has these batches and then ends as given. */
  const scanOf = (
    batches: ReadonlyArray<RecordBatch>,
    end: Effect.Effect<boolean, Failure>
  ): Pick<Log, "scan"> => ({
    scan: (_, see) => Effect.suspend(() => (batches.some((one) => see(one, 2)) ? Effect.succeed(true) : end))
  })
  const times = (places: Pick<Log, "scan">, query: Partial<SearchQuery> = {}) =>
    Effect.runPromise(
      Effect.map(search({ ...all, since: 50, ...query }, on(places, [topic], 30)), ({ events, ...rest }) => ({
        ...rest,
        times: events.map(({ timestamp }) => timestamp)
      }))
    )

  test("that stops early returns only events that no other partition can precede, and where to continue", async () => {
    const batches = [batch(0, 0, 100, 200, 300), batch(1, 0, 150, 250)]
    expect(await times(scanOf(batches, Effect.never))).toMatchObject({
      complete: false,
      next: 250,
      times: [100, 150, 200],
      troubles: [expect.stringContaining("before the end of the log")]
    })
  })

  test("returns nothing before every partition was scanned", async () => {
    const failed = Effect.fail(new Failure({ reason: "unavailable", message: "Kafka is away." }))
    expect(await times(scanOf([batch(0, 0, 100, 200)], failed))).toMatchObject({
      complete: false,
      next: 50,
      times: [],
      troubles: ["Kafka is away."]
    })
  })

  test("stops when all partitions are beyond the page", async () => {
    const batches = [batch(0, 0, 100, 200, 300), batch(1, 0, 150, 250), batch(0, 3, 400)]
    const never = Effect.die("scanned further than necessary")
    expect(await times(scanOf(batches, never), { limit: 2 })).toMatchObject({
      complete: false,
      next: 200,
      looked: 5,
      times: [100, 150],
      troubles: []
    })
    expect(await times(scanOf(batches, never), { until: 160 })).toMatchObject({
      complete: true,
      times: [100, 150]
    })
  })

  test("reports when one millisecond has more events than a page, and continues with the rest", async () => {
    const many = batch(0, 0, 90, ...Array.from({ length: 50 }, () => 100), 110)
    const whole = scanOf([many], Effect.succeed(false))
    expect(await times(whole, { limit: 5 })).toMatchObject({ next: 100, times: [90], troubles: [] })
    const later = batch(0, 1, ...Array.from({ length: 50 }, () => 100), 110)
    const rest = scanOf([later], Effect.succeed(false))
    expect(await times(rest, { limit: 5, since: 100 })).toMatchObject({
      complete: false,
      next: 101,
      cursor: `100.0.5.${topic}`,
      times: [100, 100, 100, 100, 100],
      troubles: [expect.stringContaining("same millisecond")]
    })
  })

  test.each([
    ["few", (n: number) => n % 7 === 0, 200],
    ["many, in small batches", (n: number) => n % 7 !== 0, 10]
  ])(
    "has every event on exactly one page, whatever the sizes and times: %s large",
    async (_, isLong, size) => {
      const long = "x".repeat(60_000)
      const whole = [0, 1].map(
        (partition): RecordBatch => ({
          topic,
          partition,
          end: "200",
          records: Array.from({ length: 200 }, (_, n) => ({
            offset: String(n),
            timestamp: 100 + Math.floor(n / 90),
            key: undefined,
            value: new TextEncoder().encode(
              line("a", `n=${partition}.${n}${isLong(n) ? `&long=${long}` : ""}`)
            ),
            headers: {}
          }))
        })
      )
      const all = whole.flatMap((one) =>
        Array.from({ length: 200 / size }, (_, i) => ({
          ...one,
          records: one.records.slice(i * size, (i + 1) * size)
        }))
      )
      const fromTime = (batches: ReadonlyArray<RecordBatch>): Pick<Log, "scan"> => ({
        scan: ({ since }, see) =>
          scanOf(
            batches.map((one) => ({
              ...one,
              records: one.records.filter(({ timestamp }) => timestamp >= since)
            })),
            Effect.succeed(false)
          ).scan({ topics: [topic], since }, see)
      })
      for (const limit of [20, 500]) {
        const seen: Array<string> = []
        let from: Pick<SearchQuery, "since" | "cursor"> = { since: 50 }
        for (let isOver = false; !isOver && seen.length <= 400; ) {
          const page = await Effect.runPromise(
            search({ filter: {}, until: 1_000, limit, ...from }, on(fromTime(all), [topic], 5_000))
          )
          expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(maxPageBytes + 2_000)
          expect(page.events.length).toBeGreaterThan(0)
          seen.push(...page.events.map(({ params }) => params[0]?.[1] ?? ""))
          const cursor = page.cursor === undefined ? undefined : readCursor(page.cursor)
          from = cursor === undefined ? { since: page.next ?? 0 } : { since: cursor.timestamp, cursor }
          isOver = page.complete
        }
        expect(seen).toHaveLength(400)
        expect(new Set(seen).size).toBe(400)
      }
    }
  )

  test("has a bounded size however large its events are, and shortens them", async () => {
    const records = Array.from({ length: 200 }, (_, n) => ({
      offset: String(n),
      timestamp: 100 + n,
      key: undefined,
      value: new TextEncoder().encode(line("a".repeat(5_000), `n=${n}&long=${"%00".repeat(40_000)}`)),
      headers: { id: "i".repeat(100_000) }
    }))
    const batches: ReadonlyArray<RecordBatch> = Array.from({ length: 20 }, (_, n) => ({
      topic,
      partition: 0,
      end: "200",
      records: records.slice(10 * n, 10 * n + 10)
    }))
    const places = on(scanOf(batches, Effect.succeed(false)), [topic], 60_000)
    const page = await Effect.runPromise(search({ ...all, limit: 500 }, places))
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(maxPageBytes + 2_000)
    expect(page.events.length).toBeGreaterThan(1)
    expect(page).toMatchObject({ complete: false, next: 100 + page.events.length })
    expect(page.events[0]?.raw).toEndWith("characters more)")
  })

  test("that ends within a millisecond keeps its cursor", async () => {
    const cursor = { timestamp: 100, topic, partition: 0, offset: 5n }
    expect(await times(scanOf([], Effect.never), { since: 100, cursor })).toMatchObject({
      complete: false,
      next: 100,
      cursor: `100.0.5.${topic}`
    })
    const rest = scanOf([batch(0, 1, ...Array.from({ length: 8 }, () => 100), 110)], Effect.succeed(false))
    expect(await times(rest, { since: 100, cursor })).toMatchObject({
      complete: true,
      times: [100, 100, 100, 110]
    })
  })

  test("does not find masked values", async () => {
    const mask = readMask("n,address")
    const places = { ...on(scanOf([batch(0, 0, 100)], Effect.succeed(false)), [topic], 5_000), mask }
    const by = (filter: SearchQuery["filter"]) => Effect.runPromise(search({ ...all, filter }, places))
    expect((await by({ param: "n=1" })).events).toEqual([])
    expect((await by({ text: "n=1" })).events).toEqual([])
    const [event] = (await by({ param: "n" })).events
    expect(event).toMatchObject({ address: "•••", params: [["n", "•••"]] })
    expect(event?.raw).not.toContain("cb007109")
  })
})

test("a search without a time begins an hour ago, one for an event id at its batch's claim", () => {
  const now = Date.now()
  expect(defaultSince({}, now)).toBe(now - 3_600_000)
  const id = eventId(newBatchId(), 3)
  expect(Math.abs(defaultSince({ text: ` ${id} ` }, now + 1e9) - (now - 60_000))).toBeLessThan(1_000)
})
