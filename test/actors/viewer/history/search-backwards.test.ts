/** A search newest first goes back page by page: each event once, on every log; and reports what it did not scan. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import type { SearchView } from "../../../../actors/inspect/events/messages.ts"
import { readCursor } from "../../../../actors/viewer/history/cursor.ts"
import { maxPageBytes } from "../../../../actors/viewer/history/page-limits.ts"
import { searchBackwards } from "../../../../actors/viewer/history/search-backwards.ts"
import type { SearchQuery } from "../../../../actors/viewer/history/search-query.ts"
import type { RecordBatch } from "../../../../bridge/event-log/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { type Log, newTopic } from "../../../support/logs.ts"
import { all, describeOnLogs, on, ready } from "./searched-logs.ts"

const value = (type: string, n: number) =>
  new TextEncoder().encode(
    `${type} type=Mobile&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=cb007109&klag=1&country=DE&city=XX n=${n}`
  )

const numbersOf = (events: SearchView["events"]) => events.map(({ params }) => Number(params[0]?.[1]))
const numbers = ({ events }: SearchView) => numbersOf(events)

await describeOnLogs("a backward search", (check) => {
  check("returns page after page: each event once, newest first, from all topics", (log) =>
    Effect.gen(function* () {
      const topics = [newTopic(), newTopic()]
      yield* ready(log, topics)
      for (let n = 0; n < 30; n++) {
        const topic = topics[n % 2] ?? newTopic()
        const records = ["a", "b"].map((type) => ({ topic, value: value(type, n), headers: {} }))
        yield* log.append(records, `batch ${n}`)
        yield* Effect.sleep(2)
      }
      const seen: Array<number> = []
      let until: number | undefined = all.until
      for (let pages = 0; until !== undefined && pages < 40; pages++) {
        const query: SearchQuery = { ...all, until, limit: 4, filter: { type: "a" } }
        const page: SearchView = yield* searchBackwards(query, on(log, topics, 20_000), Date.now())
        expect(page.events.length).toBeLessThanOrEqual(4)
        expect(page).toMatchObject({ complete: page.next === undefined, troubles: [] })
        seen.push(...numbers(page))
        until = page.next
      }
      expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => 29 - n))
    })
  )
})

describe("a backward search in a scripted log", () => {
  const [topic, other] = [newTopic(), newTopic()]
  /** A log with one record at each of these times, each in its own batch; `scans` has where each scan began. */
  const logOf = (times: ReadonlyArray<number>, slow: (since: number) => boolean = () => false) => {
    const scans: Array<number> = []
    const scan: Log["scan"] = ({ since }, see) =>
      Effect.suspend(() => {
        scans.push(since)
        if (slow(since)) return Effect.never
        const first = times.findIndex((time) => time >= since)
        for (const [offset, timestamp] of times.entries()) {
          if (first === -1 || offset < first) continue
          const record = {
            offset: `${offset}`,
            timestamp,
            key: undefined,
            value: value("a", offset),
            headers: {}
          }
          const batch: RecordBatch = { topic, partition: 0, end: `${times.length}`, records: [record] }
          if (see(batch, 1)) return Effect.succeed(true)
        }
        return Effect.succeed(false)
      })
    return { scan, scans }
  }
  const now = 1_000_000_000_000
  const back = (log: ReturnType<typeof logOf>, query: Partial<SearchQuery> = {}, timeoutMs = 200) =>
    Effect.runPromise(searchBackwards({ ...all, ...query }, on(log, [topic], timeoutMs), now))

  test("goes back hours in a few scans, and no further than a page needs", async () => {
    const far = logOf([now - 7_200_000, now - 3_600_000, now - 1_000])
    expect(numbers(await back(far))).toEqual([2, 1, 0])
    expect(far.scans.length).toBeLessThan(20)
    const near = logOf([now - 7_200_000, now - 2_000, now - 1_000])
    const page = await back(near, { limit: 2 })
    expect([numbers(page), near.scans.length, page.complete]).toEqual([[2, 1], 1, false])
    const since = await back(logOf([now - 9_000, now - 1_000]), { since: now - 5_000 })
    expect([numbers(since), since.complete]).toEqual([[1], true])
  })

  test("finds records that are slightly out of order at the edge of a window once", async () => {
    const border = now - 5_000
    const times = [border - 9_000, border - 1, border + 300, border - 2, border + 200, now - 10]
    const { events, complete } = await back(logOf(times))
    expect(complete).toBe(true)
    expect(events.map(({ timestamp }) => timestamp)).toEqual(times.toSorted((a, b) => b - a))
  })

  test("has all events of one millisecond on one page, unless they alone are too many", async () => {
    const log = logOf([now - 30, ...Array.from({ length: 5 }, () => now - 20), now - 10])
    const first = await back(log, { limit: 3 })
    expect(numbers(first)).toEqual([6])
    const second = await back(log, { limit: 3, until: first.next ?? 0 })
    expect([numbers(second), second.troubles]).toEqual([
      [5, 4, 3],
      [expect.stringContaining("same millisecond")]
    ])
    expect(numbers(await back(log, { limit: 3, until: second.next ?? 0 }))).toEqual([0])
  })

  /** All pages, as a client requests them: with the cursor when there is one, otherwise before `next`. */
  const inPages = async (log: Pick<Log, "scan">, first: Partial<SearchQuery>, timeoutMs = 2_000) => {
    const pages: Array<SearchView> = []
    let query: SearchQuery = { ...all, ...first }
    for (let isOver = false; !isOver && pages.length < 60; ) {
      const page = await Effect.runPromise(searchBackwards(query, on(log, [topic, other], timeoutMs), now))
      pages.push(page)
      isOver = page.complete
      const cursor = page.cursor === undefined ? undefined : readCursor(page.cursor)
      const { cursor: _, ...rest } = query
      query =
        cursor === undefined
          ? { ...rest, until: page.next ?? 0 }
          : { ...rest, until: Math.min(rest.until, cursor.timestamp + 1), cursor }
    }
    return pages
  }

  /** A log of these records in two topics with two partitions each, in batches of four. */
  const logWith = (records: ReadonlyArray<{ at: number; bytes: number }>, isTurned: boolean) => {
    const partitions = [topic, other].flatMap((name) => [0, 1].map((partition) => ({ name, partition })))
    const written = partitions.map((place, p) => ({
      ...place,
      records: records
        .map((one, n) => ({ ...one, n }))
        .filter(({ n }) => n % partitions.length === p)
        .map(({ at, bytes, n }, offset) => ({
          offset: String(offset),
          timestamp: at,
          key: undefined,
          value: new TextEncoder().encode(
            `a type=Mobile&klag=1&country=DE&ip=cb007109 n=${n}&long=${"x".repeat(bytes)}`
          ),
          headers: {}
        }))
    }))
    const scan: Log["scan"] = ({ since }, see) =>
      Effect.sync(() => {
        for (const { name, partition, records } of isTurned ? written.toReversed() : written) {
          const remaining = records.filter(({ timestamp }) => timestamp >= since)
          for (let i = 0; i === 0 || i < remaining.length; i += 4) {
            const batch = {
              topic: name,
              partition,
              end: String(records.length),
              records: remaining.slice(i, i + 4)
            }
            if (see(batch, partitions.length)) return true
          }
        }
        return false
      })
    return { scan }
  }

  test("has pages bounded in bytes too, and continues within a millisecond: each event once", async () => {
    const [small, large] = [200, 90_000]
    const kinds = [
      // 120 events of one millisecond, more than two pages, with others before and after them.
      [[...Array(9).fill(now - 40), ...Array(120).fill(now - 20), ...Array(7).fill(now - 10)], 500],
      // A few events per page.
      [[...Array(9).fill(now - 40), ...Array(30).fill(now - 20), now - 10], 4],
      // Several windows; the second exceeds the rest of the page.
      [[...Array(60).fill(now - 60_000), ...Array(30).fill(now - 50)], 500],
      // All of one millisecond, the first of the range.
      [Array(100).fill(now - 20), 500]
    ] as const
    for (const [times, limit, isTurned] of kinds.flatMap(
      ([times, limit]) =>
        [
          [times, limit, false],
          [times, limit, true]
        ] as const
    )) {
      const records = times.map((at, n) => ({ at, bytes: n % 5 === 0 ? small : large }))
      const since = Math.min(...times)
      const pages = await inPages(logWith(records, isTurned), { limit, since })
      const seen = pages.flatMap(({ events }) => events)
      expect(numbersOf(seen).toSorted((a, b) => a - b)).toEqual(times.map((_, n) => n))
      const seenTimes = seen.map(({ timestamp }) => timestamp)
      expect(seenTimes).toEqual(seenTimes.toSorted((a, b) => b - a))
      for (const { events } of pages) {
        expect(events.length).toBeLessThanOrEqual(limit)
        expect(Buffer.byteLength(JSON.stringify(events))).toBeLessThanOrEqual(maxPageBytes + 2)
      }
      const cut = pages.filter(({ cursor }) => cursor !== undefined)
      expect(cut.every(({ complete, troubles }) => !complete && troubles.length === 1)).toBe(true)
      expect(pages.at(-1)).toMatchObject({ complete: true, next: undefined, troubles: [] })
    }
  })

  test("keeps its cursor when a scan fails, and continues from there", async () => {
    const log = logOf(Array.from({ length: 5 }, () => now - 20))
    const first = await back(log, { limit: 3 })
    const cursor = readCursor(first.cursor ?? "")
    expect(cursor).toBeDefined()
    if (cursor === undefined) return
    const away = Effect.fail(new Failure({ reason: "unavailable", message: "Kafka is away." }))
    const query = { limit: 3, until: now - 19, cursor }
    const none = await back({ scan: () => away, scans: [] }, query)
    expect(none).toMatchObject({ events: [], complete: false, cursor: first.cursor })
    expect([...numbers(first), ...numbers(await back(log, query))]).toEqual([4, 3, 2, 1, 0])
  })

  test("reports a failing log, with the events found so far and where to continue", async () => {
    const away = Effect.fail(new Failure({ reason: "unavailable", message: "Kafka is away." }))
    const none = await back({ scan: () => away, scans: [] })
    expect(none).toEqual({
      events: [],
      looked: 0,
      complete: false,
      next: all.until,
      troubles: ["Kafka is away."]
    })
    const some = logOf([now - 1_000])
    const { scan } = some
    const failing: typeof some = {
      ...some,
      scan: (...args) => (some.scans.length > 0 ? away : scan(...args))
    }
    const found = await back(failing)
    expect([numbers(found), found.complete, found.troubles]).toEqual([[0], false, ["Kafka is away."]])
    expect(found.next).toBeLessThan(now)
  })

  test("takes a shorter window when a scan takes too long, and continues from there", async () => {
    const log = logOf([now - 7_200_000, now - 10], (since) => since < now - 1_000)
    const page = await back(log, {}, 1_000)
    expect([numbers(page), page.complete, page.troubles.length]).toEqual([[1], false, 1])
    expect(page.next).toBeLessThanOrEqual(now - 10)
  })
})
