/** The contract of the ingest queue, kept by every implementation: Redis, Redis Cluster and the SQLite file. */
import { expect, test } from "bun:test"
import { Effect, Schema } from "effect"
import type { ClaimedBatch, ClaimLimits, QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { type DeadLetter, DeadLetterJson } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { eventId, newClaimId, splitEventId, type Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { type OpenQueue, onEveryQueue, type TestQueue } from "../../support/queues.ts"

const hour: ClaimLimits = { maxEvents: 1000, maxBytes: 512 * 1024, lease: 3_600_000 }
const moment: ClaimLimits = { ...hour, lease: 20 }
const bytes = (...lines: ReadonlyArray<string>): ReadonlyArray<ByteString> =>
  lines as ReadonlyArray<ByteString>
const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

const claim = (source: QueueSource, limits = hour, id = newClaimId()): Promise<ClaimedBatch> =>
  run(source.claim(id, limits)).then((batch) => {
    if (batch === undefined) throw new Error("No batch could be claimed.")
    return batch
  })
const claimNothing = async (source: QueueSource, id = newClaimId()): Promise<void> =>
  expect(await run(source.claim(id, hour))).toBeUndefined()
const takenOver = (source: QueueSource, limits = hour): Promise<ClaimedBatch> =>
  eventually("the lease expires", () => run(source.claim(newClaimId(), limits)))
const deadLetterOf = (batch: ClaimedBatch, index: number): DeadLetter => ({
  v: 1,
  id: eventId(batch.id, index),
  reason: "no path",
  detail: "ünreadable – \u0000",
  stage: "drainer",
  topic: "events" as Topic,
  attempts: batch.attempts,
  first: batch.claimed,
  last: batch.claimed + 1,
  line: new Uint8Array([0, 10, 255])
})

const suite = (open: OpenQueue): void => {
  const check = (what: string, body: (queue: TestQueue) => Promise<void>): void =>
    test(what, () =>
      Effect.runPromise(Effect.scoped(Effect.flatMap(open, (queue) => Effect.promise(() => body(queue)))))
    )

  check("an empty queue has nothing to claim and no depth", async ({ source, push }) => {
    await run(push([]))
    await claimNothing(source)
    expect(await run(source.depth)).toEqual({ waiting: 0, claimed: 0, deadLetters: 0 })
    await run(source.dependency.check)
  })

  check("lines are claimed in order, byte for byte", async ({ source, push }) => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
    const lines = bytes(all, "", "a\nb\r\n", "\0", "1,2;3\n", "\xff\xfe", "", "é")
    await run(push(lines.slice(0, 3)))
    await run(push(lines.slice(3)))
    const batch = await claim(source)
    expect(batch.lines).toEqual(lines)
    expect(batch.attempts).toBe(0)
    expect(Math.abs(batch.claimed - Date.now())).toBeLessThan(60_000)
    expect(await run(batch.ack([]))).toBe(true)
    expect(await run(source.depth)).toEqual({ waiting: 0, claimed: 0, deadLetters: 0 })
  })

  check(
    "thousands of lines are claimed in order, in batches of at most maxEvents",
    async ({ source, push }) => {
      const lines = Array.from({ length: 5000 }, (_, i) => `line ${i}` as ByteString)
      await run(push(lines))
      const got: Array<ByteString> = []
      while (got.length < lines.length) {
        const batch = await claim(source, { ...hour, maxEvents: 999 })
        expect(batch.lines.length).toBe(Math.min(999, lines.length - got.length))
        got.push(...batch.lines)
      }
      expect(got).toEqual(lines)
      await claimNothing(source)
    }
  )

  check("a batch has at most maxBytes, or a single line of any size", async ({ source, push }) => {
    const large = "x".repeat(100_000)
    await run(push(bytes("12345", "12345", "1", large, large, "")))
    const limits = { ...hour, maxBytes: 10 }
    expect((await claim(source, limits)).lines).toEqual(bytes("12345", "12345"))
    expect((await claim(source, limits)).lines).toEqual(bytes("1"))
    expect((await claim(source, limits)).lines).toEqual(bytes(large))
    expect((await claim(source, limits)).lines).toEqual(bytes(large))
    expect((await claim(source, limits)).lines).toEqual(bytes(""))
  })

  check("concurrent claims are disjoint and complete", async ({ source, other, push }) => {
    const lines = Array.from({ length: 1000 }, (_, i) => `${i}` as ByteString)
    await run(push(lines))
    const claims = Array.from({ length: 20 }, (_, i) =>
      claim(i % 2 === 0 ? source : other, { ...hour, maxEvents: 50 })
    )
    const batches = await Promise.all(claims)
    expect(new Set(batches.map((batch) => batch.id)).size).toBe(20)
    expect(new Set(batches.flatMap((batch) => batch.lines))).toEqual(new Set(lines))
    expect(batches.flatMap((batch) => batch.lines).length).toBe(1000)
  })

  check("depth counts lines, batches and dead letters, each once", async ({ source, push }) => {
    await run(push(bytes("a", "b", "c")))
    expect(await run(source.depth)).toEqual({ waiting: 3, claimed: 0, deadLetters: 0 })
    const batch = await claim(source, { ...hour, maxEvents: 2 })
    expect(await run(source.depth)).toEqual({ waiting: 1, claimed: 1, deadLetters: 0 })
    await run(batch.deadLetter([deadLetterOf(batch, 0), deadLetterOf(batch, 1)], []))
    expect(await run(source.depth)).toEqual({ waiting: 1, claimed: 0, deadLetters: 2 })
  })

  check(
    "a batch with an expired lease is claimed before new lines, and the expiry counts as an attempt",
    async (queue) => {
      await run(queue.push(bytes("a", "b\n")))
      const ended = { ...hour, lease: 0 }
      const first = await claim(queue.source, ended)
      await run(queue.push(bytes("later")))
      const second = await claim(queue.other, ended)
      const facts = ({ id, lines, claimed }: ClaimedBatch) => ({ id, lines, claimed })
      expect(facts(second)).toEqual(facts(first))
      expect(second.attempts).toBe(1)
      expect([first.isTakenOver, second.isTakenOver]).toEqual([false, true])
      expect((await claim(queue.source)).attempts).toBe(2)
      expect((await claim(queue.source)).lines).toEqual(bytes("later"))
    }
  )

  check(
    "with linesFirst, waiting lines are claimed before a batch with an expired lease",
    async ({ source, push }) => {
      await run(push(bytes("a")))
      const first = await claim(source, { ...hour, lease: 0 })
      await run(push(bytes("later")))
      expect((await claim(source, { ...hour, linesFirst: true })).lines).toEqual(bytes("later"))
      expect((await claim(source, { ...hour, linesFirst: true })).id).toBe(first.id)
    }
  )

  check("of several expired leases the oldest is claimed first", async ({ source, push }) => {
    await run(push(bytes("a", "b")))
    const one = { ...moment, maxEvents: 1 }
    const a = await claim(source, { ...one, lease: 15 })
    const b = await claim(source, { ...one, lease: 30 })
    await eventually("both ended", () => Date.now() > Math.max(a.claimed, b.claimed) + 60)
    expect((await claim(source)).id).toBe(a.id)
    expect((await claim(source)).id).toBe(b.id)
  })

  check("a late ack removes the batch from any claim, once", async ({ source, other, push }) => {
    await run(push(bytes("a")))
    const first = await claim(source, moment)
    const second = await takenOver(other)
    expect(await run(first.ack([]))).toBe(true)
    expect(await run(second.ack([]))).toBe(false)
    expect(await run(second.release(0, true))).toBe(false)
    expect(await run(second.deadLetter([deadLetterOf(second, 0)], []))).toBe(false)
    expect(await run(source.depth)).toEqual({ waiting: 0, claimed: 0, deadLetters: 0 })
    await claimNothing(source)
  })

  check("a late release has no effect once another claim has the batch", async ({ source, other, push }) => {
    await run(push(bytes("a")))
    const first = await claim(source, moment)
    const second = await takenOver(other)
    expect(await run(first.release(0, true))).toBe(false)
    await claimNothing(source)
    expect(await run(second.release(0, false))).toBe(true)
    expect((await claim(source)).attempts).toBe(1)
  })

  check("a late release works while no other claim has the batch", async ({ source, push }) => {
    await run(push(bytes("a")))
    const first = await claim(source, { ...hour, lease: 0 })
    expect(await run(first.release(0, false))).toBe(true)
    expect((await claim(source)).attempts).toBe(0)
  })

  check("only releases that count increase the attempts", async ({ source, push }) => {
    await run(push(bytes("a")))
    const counts: Array<number> = []
    for (const counted of [false, true, false, true, true]) {
      const batch = await claim(source)
      counts.push(batch.attempts)
      expect(await run(batch.release(0, counted))).toBe(true)
      expect(await run(batch.release(0, counted))).toBe(false)
    }
    expect(counts).toEqual([0, 0, 1, 1, 2])
    expect((await claim(source)).attempts).toBe(3)
  })

  check("a released batch waits for its delay", async ({ source, push }) => {
    await run(push(bytes("a")))
    const first = await claim(source)
    expect(await run(first.release(30, false))).toBe(true)
    const again = await takenOver(source)
    expect(Date.now()).toBeGreaterThanOrEqual(first.claimed + 25)
    expect(again.id).toBe(first.id)
    expect(await run(again.release(3_600_000, false))).toBe(true)
    await claimNothing(source)
    expect(await run(source.depth)).toMatchObject({ waiting: 0, claimed: 1 })
  })

  check(
    "dead-lettering writes each dead letter once, in the contract's format",
    async ({ source, letters, push }) => {
      await run(push(bytes("a", "b")))
      const batch = await claim(source)
      const letter = deadLetterOf(batch, 1)
      expect(await run(batch.deadLetter([deadLetterOf(batch, 0), letter], []))).toBe(true)
      expect(await run(batch.deadLetter([deadLetterOf(batch, 0), letter], []))).toBe(false)
      expect(await run(batch.ack([]))).toBe(false)
      const texts = await run(letters)
      expect(texts.length).toBe(2)
      expect(Schema.decodeSync(DeadLetterJson)(texts[1] ?? "")).toEqual(letter)
      await claimNothing(source)
    }
  )

  check("the same claim sent again returns the same batch", async ({ source, other, push }) => {
    await run(push(bytes("a", "b")))
    const id = newClaimId()
    const one = { ...hour, maxEvents: 1 }
    const first = await claim(source, one, id)
    const again = await claim(other, one, id)
    expect([again.id, again.digest, again.lines, again.attempts]).toEqual([
      first.id,
      first.digest,
      bytes("a"),
      0
    ])
    expect(first.id).toStartWith(id.slice(0, 20))
    expect(splitEventId(eventId(first.id, 7))).toEqual({ batch: first.id, index: 7 })
    expect(await run(source.depth)).toMatchObject({ waiting: 1, claimed: 1 })
  })

  check(
    "the same claim sent again after a takeover returns the same batch",
    async ({ source, other, push }) => {
      await run(push(bytes("a")))
      const first = await claim(source, moment)
      const id = newClaimId()
      const over = await eventually("the lease expires", () => run(other.claim(id, hour)))
      await run(push(bytes("b")))
      const again = await claim(source, hour, id)
      expect([over.id, over.attempts]).toEqual([first.id, 1])
      expect([again.id, again.lines, again.attempts]).toEqual([first.id, bytes("a"), 1])
      expect(await run(again.release(0, false))).toBe(true)
    }
  )

  /** The result of a claim that is sent again after its batch was settled: a batch with another id, or none. */
  const claimedTwice = (
    what: string,
    end: (first: ClaimedBatch, queue: TestQueue) => Promise<unknown>
  ): void =>
    check(`a claim whose batch was ${what} never gives its id to other lines`, async (queue) => {
      const { source, push } = queue
      const id = newClaimId()
      await run(push(bytes("a", "b")))
      const first = await claim(source, { ...hour, maxEvents: 2 }, id)
      await end(first, queue)
      await run(push(bytes("c")))
      const ids = new Set([first.id])
      for (let i = 0; i < 3; i++) {
        const again = await run(source.claim(id, { ...hour, maxEvents: 1, linesFirst: true }))
        if (again === undefined || again.lines.join() !== "c") continue
        expect(ids.has(again.id)).toBe(false)
        expect(again.digest).not.toBe(first.digest)
        ids.add(again.id)
        expect(await run(first.ack([]))).toBe(false)
        expect(await run(again.ack([]))).toBe(true)
      }
      expect(ids.size).toBe(2)
    })

  claimedTwice("acknowledged", (first) => run(first.ack([])))
  claimedTwice("set aside", (first) => run(first.deadLetter([deadLetterOf(first, 0)], [])))
  claimedTwice("taken over and acknowledged", async (first, { other }) => {
    await run(first.release(0, false))
    await run((await claim(other)).ack([]))
  })
  claimedTwice("split and acknowledged", async (first, { other }) => {
    await run(first.split(1, 0))
    for (let i = 0; i < 2; i++) await run((await claim(other)).ack([]))
  })

  check(
    "two batches of the same lines have different digests, and a batch always has the same",
    async (queue) => {
      const { source, other, push } = queue
      await run(push(bytes("a", "a")))
      const one = { ...moment, maxEvents: 1 }
      const first = await claim(source, one)
      await eventually("a later moment", () => Date.now() > first.claimed + 1)
      const second = await claim(source, { ...one, lease: 3_600_000, linesFirst: true })
      expect(second.digest).not.toBe(first.digest)
      expect(await takenOver(other)).toMatchObject({ id: first.id, digest: first.digest })
    }
  )
}

await onEveryQueue(suite)
