/** The contract of scans, for every event log: a scan returns all records from a time on once, in order, and ends. */
import { expect } from "bun:test"
import { Effect, Exit, Fiber } from "effect"
import type { RecordBatch, ScanOptions } from "../../../bridge/event-log/service.ts"
import { Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { type Log, newName, newTopic, record, startReader, textOf } from "../../support/logs.ts"
import { append, type Check, run, topicWith } from "./check.ts"

/** Scans all records and returns them. */
const seenBy = async (log: Log, options: ScanOptions): Promise<ReadonlyArray<RecordBatch>> => {
  const batches: Array<RecordBatch> = []
  const told = new Set<number>()
  const enough = await run(
    log.scan(options, (batch, partitions) => {
      batches.push(batch)
      told.add(partitions)
      return false
    })
  )
  expect(enough).toBe(false)
  const seen = new Set(batches.map(({ topic, partition }) => `${topic} ${partition}`))
  expect([...told]).toEqual(seen.size === 0 ? [] : [seen.size])
  return batches
}

const textsOf = (batches: ReadonlyArray<RecordBatch>): ReadonlyArray<string> =>
  batches.flatMap(({ records }) => records.map(textOf))

/** Appends the numbers below `count` as texts, spread over the partitions, with their own text as header `id`. */
const fill = async (log: Log, topic: Topic, count: number): Promise<void> => {
  const size = 5_000
  for (let from = 0; from < count; from += size) {
    const records = Array.from({ length: Math.min(size, count - from) }, (_, i) =>
      record(topic, `${from + i}`, { headers: { id: `${from + i}` } })
    )
    const appended = await run(log.append(records, `${from}`))
    expect(appended.every(({ stored }) => stored)).toBe(true)
  }
}

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)

export const looking = (check: Check): void => {
  check("finds a record by a header at any position, and stops there", async ({ log, other }) => {
    const topic = await topicWith(log)
    await fill(log, topic, 40_000)
    for (const id of ["0", "12345", "39999"]) {
      let calls = 0
      let found: string | undefined
      const enough = await run(
        other.scan({ topics: [topic], since: 0 }, ({ records }) => {
          calls += 1
          const one = records.find(({ headers }) => headers.id === id)
          if (one === undefined) return false
          found = textOf(one)
          return true
        })
      )
      expect([enough, found]).toEqual([true, id])
      expect(calls).toBeLessThanOrEqual(40)
    }
    let calls = 0
    const first = log.scan({ topics: [topic], since: 0 }, () => {
      calls += 1
      return true
    })
    expect([await run(first), calls]).toEqual([true, 1])
  })

  check(
    "scans a hundred thousand records once, each partition in order, in small batches",
    async ({ log }) => {
      const topic = await topicWith(log)
      await fill(log, topic, 100_000)
      const seen = new Set<string>()
      const next = new Map<number, bigint>()
      const enough = await run(
        log.scan({ topics: [topic, topic], since: 0 }, ({ partition, records, end }) => {
          expect(records.length).toBeGreaterThan(0)
          expect(records.length).toBeLessThanOrEqual(1_000)
          for (const one of records) {
            expect(BigInt(one.offset)).toBe(next.get(partition) ?? 0n)
            next.set(partition, BigInt(one.offset) + 1n)
            seen.add(one.headers.id ?? "")
          }
          expect(BigInt(end)).toBeGreaterThanOrEqual(next.get(partition) ?? 0n)
          return false
        })
      )
      expect(enough).toBe(false)
      expect(seen.size).toBe(100_000)
      expect([...next.values()].reduce((sum, one) => sum + one, 0n)).toBe(100_000n)
    }
  )

  check("large records are delivered in batches of at most 1 MiB", async ({ log }) => {
    const texts = numbers(12).map((i) => `${i} `.padEnd(300_000, "x"))
    const topic = await topicWith(log)
    await append(log, topic, ...texts)
    const batches = await seenBy(log, { topics: [topic], since: 0 })
    expect(textsOf(batches)).toEqual(texts)
    for (const { records } of batches) {
      expect(records.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(1024 * 1024)
    }
  })

  check("begins at the given time", async ({ log }) => {
    const topic = await topicWith(log)
    const times: Array<number> = []
    for (const text of ["a", "b", "c", "d", "e"]) {
      times.push(Date.now())
      await append(log, topic, text)
      const appended = Date.now()
      await eventually("the clock goes on", () => Date.now() > appended)
    }
    const [, , c = 0, , e = 0] = times
    const textsSince = async (since: number) => textsOf(await seenBy(log, { topics: [topic], since }))
    expect(await textsSince(0)).toEqual(["a", "b", "c", "d", "e"])
    expect(await textsSince(c)).toEqual(["c", "d", "e"])
    expect(await textsSince(e)).toEqual(["e"])
    expect(await textsSince(Date.now() + 60_000)).toEqual([])
    for (const since of [0, c]) {
      for (const { records } of await seenBy(log, { topics: [topic], since })) {
        for (const { timestamp } of records) expect(timestamp).toBeGreaterThanOrEqual(since)
      }
    }
  })

  check("scans several topics; missing topics count as empty", async ({ log }) => {
    const [one, two, empty] = [await topicWith(log, "1", "2"), await topicWith(log), await topicWith(log)]
    await fill(log, two, 15_000)
    const missing = [newTopic(), Topic.make(".."), newTopic()]
    for (const since of [0, Date.now() - 60_000]) {
      const topics = [...missing.slice(0, 1), one, empty, ...missing.slice(1), two]
      const batches = await seenBy(log, { topics, since })
      const of = (topic: Topic) => textsOf(batches.filter((batch) => batch.topic === topic))
      expect(of(one)).toEqual(["1", "2"])
      expect([...of(two)].map(Number).sort((a, b) => a - b)).toEqual([...numbers(15_000)])
      expect(textsOf(batches)).toHaveLength(15_002)
    }
    expect(await seenBy(log, { topics: [empty], since: 0 })).toEqual([])
    expect(await seenBy(log, { topics: missing, since: 0 })).toEqual([])
    expect(await seenBy(log, { topics: [], since: 0 })).toEqual([])
  })

  check("ends at the end offsets of its start, although records are added", async ({ log, other }) => {
    const topic = await topicWith(log)
    await fill(log, topic, 5_000)
    const texts: Array<string> = []
    let sent = 0
    const sending = Effect.runFork(
      Effect.forever(Effect.promise(() => append(other, topic, ...numbers(1_000).map(() => `new ${sent++}`))))
    )
    await eventually("records come", () => sent > 1_000)
    const before = sent
    const looked = log.scan({ topics: [topic], since: 0 }, ({ records }) => {
      texts.push(...records.map(textOf))
      return false
    })
    expect(await run(looked)).toBe(false)
    await run(Fiber.interrupt(sending))
    const fresh = texts.filter((text) => text.startsWith("new"))
    expect(texts.length - fresh.length).toBe(5_000)
    expect(fresh.length).toBeGreaterThanOrEqual(before - 1_000)

    // Records appended while `see` is called are certainly after the end.
    const small = await topicWith(log, ...numbers(2_500).map(String))
    const late: Array<string> = []
    let more: Promise<void> | undefined
    const enough = await run(
      log.scan({ topics: [small], since: 0 }, ({ records }) => {
        late.push(...records.map(textOf))
        more ??= append(other, small, "more")
        return false
      })
    )
    await more
    expect([enough, late.length, late.at(-1)]).toEqual([false, 2_500, "2499"])
  })

  check("does not disturb readers, and readers do not disturb it", async ({ log, other }) => {
    const topic = await topicWith(log, "1", "2", "3")
    const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
    expect(textsOf(await seenBy(log, { topics: [topic], since: 0 }))).toEqual(["1", "2", "3"])
    const first = startReader(other, options)
    await first.has(3)
    expect(textsOf(await seenBy(log, { topics: [topic], since: 0 }))).toEqual(["1", "2", "3"])
    await append(log, topic, "4")
    await first.has(4)
    await first.stop()
    await append(log, topic, "5")
    expect(textsOf(await seenBy(log, { topics: [topic], since: 0 }))).toEqual(["1", "2", "3", "4", "5"])
    const second = startReader(log, options)
    await second.has(1)
    await second.stop()
    expect([first.texts(), second.texts()]).toEqual([["1", "2", "3", "4"], ["5"]])
  })

  check("ends at once when interrupted, without further batches", async ({ log }) => {
    const topic = await topicWith(log)
    await fill(log, topic, 30_000)
    let calls = 0
    const fiber = Effect.runFork(
      log.scan({ topics: [topic], since: 0 }, () => {
        calls += 1
        if (calls === 3) fiber.interruptUnsafe()
        return false
      })
    )
    expect(Exit.hasInterrupts(await run(Fiber.await(fiber)))).toBe(true)
    expect(calls).toBe(3)
  })

  check(
    "an exception of `see` ends the scan, and is not treated as a failure of the log",
    async ({ log }) => {
      const topic = await topicWith(log, "1")
      const scan = log.scan({ topics: [topic], since: 0 }, () => {
        throw new Error("a mistake in the code")
      })
      const exit = await Effect.runPromiseExit(scan)
      expect(Exit.isFailure(exit) && Exit.hasDies(exit)).toBe(true)
    }
  )
}
