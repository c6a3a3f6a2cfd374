/** The contract of the ledger and of finding events in flight, kept by every implementation of the ingest queue. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import fc from "fast-check"
import { addUp } from "../../../actors/inspect/ledger/reconcile.ts"
import { newBatchId, newClaimId, type Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { type OpenQueue, onEveryQueue, type TestQueue } from "../../support/queues.ts"
import {
  account,
  booksOf,
  bytes,
  claim,
  counts,
  deadLetter,
  ended,
  events,
  hour,
  placed,
  run
} from "./batches.ts"
import { historyOf, step, type Tally } from "./histories.ts"

const suite = (open: OpenQueue): void => {
  const using = (body: (queue: TestQueue) => Promise<void>): Promise<void> =>
    Effect.runPromise(Effect.scoped(Effect.flatMap(open, (queue) => Effect.promise(() => body(queue)))))
  const check = (what: string, body: (queue: TestQueue) => Promise<void>): void =>
    test(what, () => using(body))

  check("an empty queue has an empty ledger that has not begun", async ({ source }) => {
    expect(await booksOf(source)).toEqual({
      since: undefined,
      pushed: 0,
      taken: 0,
      topics: [],
      waiting: 0,
      inFlight: 0,
      deadLetters: 0,
      foreignGone: 0,
      inFlightBatches: 0,
      waitingBytes: 0,
      lines: { waiting: [], inFlight: [] }
    })
  })

  check("each line is counted where it is: waiting, in flight, stored or dead, by topic", async (queue) => {
    const { source, push } = queue
    await run(push(bytes("a", "b", "c", "d", "e", "f")))
    expect(await booksOf(source)).toMatchObject({ since: undefined, taken: 0, waiting: 6, inFlight: 0 })
    const first = await claim(source, { ...hour, maxEvents: 3 })
    const second = await claim(source, { ...hour, maxEvents: 2 })
    expect(await booksOf(source)).toMatchObject({ taken: 5, waiting: 1, inFlight: 5, topics: [] })
    const other = "other.topic-1" as Topic
    const two = [
      { topic: events, received: 2, stored: 2, dead: 0 },
      { topic: other, received: 1, stored: 1, dead: 0 }
    ]
    expect(await run(first.ack(two))).toBe(true)
    expect(await deadLetter(second, 1, other)).toBe(true)
    const ledger = await booksOf(source)
    expect(ledger).toMatchObject({ pushed: 6, taken: 5, waiting: 1, inFlight: 0, deadLetters: 1 })
    expect(ledger.topics).toEqual([
      account(events, { received: 2, stored: 2 }),
      account(other, { received: 3, stored: 2, dead: 1 })
    ])
    expect(ledger.since).toBe(first.claimed)
  })

  check(
    "the age of the oldest batch counts from its first claim, also after further claims",
    async ({ source, push }) => {
      await run(push(bytes("a", "b", "c")))
      expect((await booksOf(source)).oldestInFlight).toBeUndefined()
      const old = await claim(source, { ...hour, maxEvents: 2 })
      const age = async (): Promise<number> => (await booksOf(source)).oldestInFlight ?? Number.NaN
      const first = await eventually("its age grows", async () => ((await age()) >= 20 ? age() : undefined))
      const young = await claim(source, hour)
      expect(await run(old.release(0, false))).toBe(true)
      const again = await claim(source, hour)
      expect(again.id).toBe(old.id)
      expect(await run(again.split(1, 0))).toBe(true)
      expect(await age()).toBeWithin(first, 60_000)
      for (let left = 2; left > 0; left--) {
        const part = await claim(source, hour)
        await run(part.ack(counts(part)))
      }
      expect(await age()).toBeGreaterThanOrEqual(0)
      expect(await run(young.ack(counts(young)))).toBe(true)
      expect((await booksOf(source)).oldestInFlight).toBeUndefined()
    }
  )

  check(
    "the snapshot contains the lines byte for byte, up to the requested number",
    async ({ source, push }) => {
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
      await run(push(bytes("1;2\n", all, "", "é")))
      const batch = await claim(source, { ...hour, maxEvents: 2 })
      expect(await run(batch.split(1, 0))).toBe(true)
      const { lines } = await booksOf(source, 0, 4)
      expect(lines?.waiting).toEqual(bytes("", "é"))
      expect([...(lines?.inFlight ?? [])].sort()).toEqual([...bytes("1;2\n", all)].sort())
      expect((await booksOf(source, 0, 3)).lines).toBeUndefined()
    }
  )

  check(
    "a batch that is claimed again, released or split is counted as taken once",
    async ({ source, other, push }) => {
      await run(push(bytes("a", "b", "c")))
      const id = newClaimId()
      await claim(source, ended, id)
      await claim(source, ended, id)
      const over = await claim(other, ended)
      expect(await run(over.release(0, true))).toBe(true)
      expect(await run((await claim(source)).split(1, 0))).toBe(true)
      expect(await booksOf(source)).toMatchObject({ taken: 3, inFlight: 3, waiting: 0 })
      for (let i = 0; i < 3; i++) {
        const part = await claim(other)
        expect(await run(part.ack(counts(part)))).toBe(true)
        expect(await booksOf(source)).toMatchObject({ taken: 3, inFlight: 2 - i })
      }
    }
  )

  check("a receipt used for other lines is visible: its placements count as stored once", async (queue) => {
    const { source, push } = queue
    await run(push(bytes("a", "b", "c", "d")))
    const two = { ...hour, maxEvents: 2 }
    const [first, second] = [await claim(source, two), await claim(source, two)]
    const receipt = placed(first)
    expect(await run(first.ack(counts(first), receipt))).toBe(true)
    await booksOf(source)
    expect(await run(second.ack(counts(second), receipt))).toBe(true)
    const ledger = await run(source.ledger(0))
    expect(ledger.topics).toEqual([account(events, { received: 4, stored: 2 })])
    const told = addUp(0, [{ kind: "any", address: "queue", queue: ledger, trouble: undefined }], {
      standard: events,
      allowed: new Set(),
      all: [events]
    })
    expect(told.balanced).toBe(false)
    expect(told.warnings).toEqual([
      "queue: of topic events 4 were received, but 2 stored and 0 dead-lettered."
    ])
  })

  check("a batch that is settled twice, also by different claims, counts once", async (queue) => {
    const { source, other, push } = queue
    await run(push(bytes("a", "b")))
    const first = await claim(source, ended)
    const second = await claim(other, ended)
    const third = await claim(other)
    expect(await deadLetter(second, 1)).toBe(true)
    const settled = await booksOf(source)
    expect(settled.topics).toEqual([account(events, { received: 2, stored: 1, dead: 1 })])
    for (const late of [first, second, third]) {
      expect(await run(late.ack(counts(late)))).toBe(false)
      expect(await deadLetter(late, 2)).toBe(false)
      expect(await run(late.split(1, 0))).toBe(false)
    }
    expect(await booksOf(source)).toEqual(settled)
  })

  check("a split batch is counted by its parts, not when it is settled late", async (queue) => {
    const { source, push } = queue
    await run(push(bytes("a", "b", "c")))
    const whole = await claim(source)
    expect(await run(whole.split(2, 0))).toBe(true)
    expect(await run(whole.ack(counts(whole)))).toBe(false)
    expect(await deadLetter(whole, 3)).toBe(false)
    expect(await booksOf(source)).toMatchObject({ taken: 3, inFlight: 3, topics: [], deadLetters: 0 })
  })

  check("a queue opened later has the same ledger and continues it", async ({ source, push, again }) => {
    await run(push(bytes("a", "b", "c")))
    const batch = await claim(source, { ...hour, maxEvents: 2 })
    expect(await deadLetter(batch, 1)).toBe(true)
    const before = await booksOf(source)
    await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(again, (later) =>
          Effect.promise(async () => {
            expect(await booksOf(later)).toEqual(before)
            const last = await claim(later)
            expect(await run(last.ack(counts(last)))).toBe(true)
          })
        )
      )
    )
    expect(await booksOf(source)).toMatchObject({ since: before.since, taken: 3, inFlight: 0, waiting: 0 })
  })

  for (const next of ["claim", "settle"] as const)
    check(
      `a ledger that begins while batches are claimed counts their lines as taken, at a ${next}`,
      async (queue) => {
        const { source, push, dropLedger } = queue
        await run(push(bytes("a", "b", "c", "d")))
        const older = await claim(source, { ...hour, maxEvents: 3 })
        expect(await run(older.split(2, 0))).toBe(true)
        await run(dropLedger)
        expect(await booksOf(source)).toMatchObject({ since: undefined, taken: 3, inFlight: 3, waiting: 1 })
        const batch = await claim(source, { ...hour, linesFirst: next === "claim" })
        if (next === "settle") expect(await run(batch.ack(counts(batch)))).toBe(true)
        const taken = next === "claim" ? 4 : 3
        const ledger = await booksOf(source)
        expect(ledger).toMatchObject({ taken, waiting: 4 - taken })
        expect(ledger.since).toBeGreaterThan(0)
      }
    )

  check(
    "it balances at every moment during concurrent claims, settlements and splits",
    async ({ source, other, push, again }) => {
      const lines = Array.from({ length: 600 }, (_, i) => `line ${i}`)
      await run(push(bytes(...lines)))
      let working = 2
      const work = async (queue: typeof source): Promise<void> => {
        for (let turn = 0; ; turn++) {
          const batch = await run(queue.claim(newClaimId(), { ...hour, maxEvents: 7 }))
          if (batch === undefined) break
          if (turn % 5 === 3 && batch.lines.length > 1) await run(batch.split(3, 0))
          else if (turn % 3 === 2) await deadLetter(batch, 1)
          else await run(batch.ack(counts(batch)))
        }
        working -= 1
      }
      const watch = Effect.flatMap(again, (later) =>
        Effect.promise(async () => {
          let looks = 0
          for (; working > 0; looks++) await booksOf(later)
          expect(looks).toBeGreaterThan(0)
        })
      )
      await Promise.all([work(source), work(other), Effect.runPromise(Effect.scoped(watch))])
      const ledger = await booksOf(source)
      expect(ledger).toMatchObject({ taken: 600, inFlight: 0, waiting: 0 })
      expect(ledger.topics).toMatchObject([{ topic: events, received: 600 }])
    }
  )

  test("it balances after every step of any history", async () => {
    const tally: Tally = new Map()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), (steps) =>
        using(async (queue) => {
          const take = historyOf(queue, tally)
          for (const one of steps) await take(one)
        })
      ),
      { numRuns: 25, endOnFailure: true }
    )
    const tried = ["ack", "late ack", "set aside", "late set aside", "split", "gave back", "took over"]
    const letters = ["done", "gone", "discarded", "discarded late", "claimed again"]
    for (const what of [...tried, ...letters])
      expect({ what, times: tally.get(what) ?? 0 }).not.toMatchObject({ times: 0 })
  }, 30_000)

  check(
    "an event in flight is found by its batch and place, in a whole batch and in a part",
    async (queue) => {
      const { source, other, push } = queue
      await run(push(bytes("a", "b\n", "", "d", "e")))
      const whole = await claim(source)
      const { id, claimed } = whole
      const found = (index: number, of = id) => run(other.find(of, index))
      expect(await found(1)).toMatchObject({ line: "b\n", claimed, attempts: 0, isClaimed: true })
      const until = (await found(0))?.until ?? 0
      expect(Math.abs(until - claimed - hour.lease)).toBeLessThan(60_000)
      expect(await found(5)).toBeUndefined()
      expect(await found(-1)).toBeUndefined()
      expect(await found(0, newBatchId())).toBeUndefined()
      expect(await run(whole.split(2, 3))).toBe(true)
      expect(await found(2)).toMatchObject({ line: "", claimed, attempts: 3, isClaimed: false })
      expect(await found(4)).toMatchObject({ line: "e" })
      expect(await found(5)).toBeUndefined()
      const part = await claim(source)
      expect(await found(part.first)).toMatchObject({ line: part.lines[0], isClaimed: true })
      expect(await run(part.release(3_600_000, true))).toBe(true)
      const waits = await found(part.first)
      expect(waits).toMatchObject({ attempts: 4, isClaimed: false })
      expect(waits?.until).toBeGreaterThan(claimed + 3_000_000)
      expect(await run(part.ack(counts(part)))).toBe(true)
      expect(await found(part.first)).toBeUndefined()
      expect(await found(4)).toMatchObject({ line: "e" })
    }
  )

  check("an event is found after any number of splits of its batch", async ({ source, other, push }) => {
    const lines = bytes("a", "b", "c", "d", "e", "f")
    await run(push(lines))
    const { id, split } = await claim(source)
    expect(await run(split(3, 0))).toBe(true)
    expect(await run((await claim(source)).split(1, 0))).toBe(true)
    for (const [index, line] of lines.entries())
      expect(await run(other.find(id, index))).toMatchObject({ line })
  })
}

await onEveryQueue(suite)
