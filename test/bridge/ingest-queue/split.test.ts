/** The contract of splitting a claimed batch, kept by every implementation of the ingest queue. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import type { ClaimedBatch, ClaimLimits, QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { eventId, newClaimId, type Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { type OpenQueue, onEveryQueue, type TestQueue } from "../../support/queues.ts"

const hour: ClaimLimits = { maxEvents: 1000, maxBytes: 512 * 1024, lease: 3_600_000 }
const ended: ClaimLimits = { ...hour, lease: 0 }
const empty = { waiting: 0, claimed: 0, deadLetters: 0 }
const bytes = (...lines: ReadonlyArray<string>): ReadonlyArray<ByteString> =>
  lines as ReadonlyArray<ByteString>
const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

const claim = (source: QueueSource, limits = hour, id = newClaimId()): Promise<ClaimedBatch> =>
  run(source.claim(id, limits)).then((batch) => {
    if (batch === undefined) throw new Error("No batch could be claimed.")
    return batch
  })
/** Claims all batches that can be claimed now, ordered by place. */
const claimAll = async (source: QueueSource): Promise<ReadonlyArray<ClaimedBatch>> => {
  const batches: Array<ClaimedBatch> = []
  for (;;) {
    const batch = await run(source.claim(newClaimId(), hour))
    if (batch === undefined) return batches.sort((a, b) => a.first - b.first)
    batches.push(batch)
  }
}
const facts = ({ id, first, lines, claimed, attempts }: ClaimedBatch) => ({
  id,
  first,
  lines,
  claimed,
  attempts
})

const suite = (open: OpenQueue): void => {
  const check = (what: string, body: (queue: TestQueue) => Promise<void>): void =>
    test(what, () =>
      Effect.runPromise(Effect.scoped(Effect.flatMap(open, (queue) => Effect.promise(() => body(queue)))))
    )

  check("parts are the batch in order, and their acks empty the queue", async (queue) => {
    const { source, other, push } = queue
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
    const lines = bytes(all, "", "5,1;3\n", "\0", "\xff\xfe")
    await run(push(lines))
    const whole = await claim(source)
    expect(whole.first).toBe(0)
    expect(await run(whole.split(2, 3))).toBe(true)
    expect(await run(source.depth)).toEqual({ ...empty, claimed: 3 })
    const parts = await claimAll(other)
    const { id, claimed } = whole
    expect(parts.map(facts)).toEqual([
      { id, first: 0, lines: lines.slice(0, 2), claimed, attempts: 3 },
      { id, first: 2, lines: lines.slice(2, 4), claimed, attempts: 3 },
      { id, first: 4, lines: lines.slice(4), claimed, attempts: 3 }
    ])
    for (const [i, part] of parts.entries()) {
      expect(await run(part.ack([]))).toBe(true)
      expect(await run(part.ack([]))).toBe(false)
      expect(await run(source.depth)).toEqual({ ...empty, claimed: 2 - i })
    }
  })

  check("a batch of a thousand lines is split into single lines, each once", async ({ source, push }) => {
    const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}` as ByteString)
    await run(push(lines))
    expect(await run((await claim(source)).split(1, 0))).toBe(true)
    const parts = await claimAll(source)
    expect(parts.flatMap((part) => part.lines)).toEqual(lines)
    expect(parts.map((part) => part.first)).toEqual(lines.map((_, i) => i))
  })

  check("parts are split again, down to single lines, and keep their places", async ({ source, push }) => {
    const lines = bytes("a", "b", "c", "d", "e")
    await run(push(lines))
    const whole = await claim(source)
    expect(await run(whole.split(3, 1))).toBe(true)
    for (const part of await claimAll(source)) expect(await run(part.split(2, 2))).toBe(true)
    const halves = await claimAll(source)
    expect(halves.map((part) => [part.first, part.lines.join("")])).toEqual([
      [0, "ab"],
      [2, "c"],
      [3, "de"]
    ])
    for (const part of halves) expect(await run(part.split(0, 4))).toBe(true)
    const singles = await claimAll(source)
    expect(singles.map(facts)).toEqual(
      lines.map((line, first) => ({
        id: whole.id,
        first,
        lines: [line],
        claimed: whole.claimed,
        attempts: 4
      }))
    )
    for (const part of singles) expect(await run(part.ack([]))).toBe(true)
    expect(await run(source.depth)).toEqual(empty)
  })

  check("a split by a claim that lost the batch has no effect", async ({ source, other, push }) => {
    await run(push(bytes("a", "b")))
    const first = await claim(source, ended)
    const second = await claim(other)
    expect(await run(first.split(1, 0))).toBe(false)
    expect(await run(source.depth)).toEqual({ ...empty, claimed: 1 })
    expect(await run(second.ack([]))).toBe(true)
    expect(await run(second.split(1, 0))).toBe(false)
    expect(await run(source.depth)).toEqual(empty)
  })

  check("a late split works once while no other claim has the batch", async ({ source, push }) => {
    await run(push(bytes("a", "b")))
    const batch = await claim(source, ended)
    expect(await run(batch.split(1, 0))).toBe(true)
    expect(await run(batch.split(1, 0))).toBe(false)
    expect((await claimAll(source)).map((part) => part.lines)).toEqual([bytes("a"), bytes("b")])
  })

  check("settling a batch after its split has no effect", async ({ source, other, letters, push }) => {
    await run(push(bytes("a", "b")))
    const late = await claim(source, ended)
    const whole = await claim(other)
    expect(await run(whole.split(1, 0))).toBe(true)
    const letter = {
      v: 1,
      id: eventId(whole.id, 0),
      reason: "no path",
      stage: "drainer",
      topic: "events" as Topic,
      attempts: 0,
      first: whole.claimed,
      last: whole.claimed,
      line: new Uint8Array([0])
    } as const
    for (const batch of [late, whole]) {
      expect(await run(batch.ack([]))).toBe(false)
      expect(await run(batch.release(0, true))).toBe(false)
      expect(await run(batch.deadLetter([letter], []))).toBe(false)
    }
    expect(await run(source.depth)).toEqual({ ...empty, claimed: 2 })
    const [a, b] = await claimAll(source)
    expect(await run(a?.split(1, 5) ?? Effect.undefined)).toBe(true)
    expect(await run(b?.deadLetter([letter], []) ?? Effect.undefined)).toBe(true)
    expect((await run(letters)).length).toBe(1)
    expect((await claimAll(source)).map((part) => [part.first, part.attempts])).toEqual([[0, 5]])
  })

  check("settling a part after its split has no effect on its parts", async ({ source, push }) => {
    await run(push(bytes("a", "b", "c", "d", "e")))
    expect(await run((await claim(source)).split(4, 0))).toBe(true)
    const [large] = await claimAll(source)
    if (large === undefined) throw new Error("The part is missing.")
    expect(await run(large.split(2, 0))).toBe(true)
    expect(await run(large.ack([]))).toBe(false)
    expect(await run(large.release(0, true))).toBe(false)
    expect(await run(large.deadLetter([], []))).toBe(false)
    expect((await claimAll(source)).map((part) => part.first)).toEqual([0, 2])
  })

  check("a batch or part of at most the size becomes claimable unchanged", async (queue) => {
    const { source, push } = queue
    await run(push(bytes("a", "b")))
    const whole = await claim(source)
    expect(await run(whole.split(2, 1))).toBe(true)
    const id = newClaimId()
    const part = await claim(source, hour, id)
    expect(facts(part)).toEqual({ ...facts(whole), attempts: 1 })
    expect(await run(part.split(9, 4))).toBe(true)
    expect(await run(part.release(0, true))).toBe(false)
    const again = await claim(source)
    expect(facts(again)).toEqual({ ...facts(whole), attempts: 4 })
    expect(await run(again.ack([]))).toBe(true)
    expect(await run(source.depth)).toEqual(empty)
  })

  check("the claim of a part sent again returns the same part", async ({ source, other, push }) => {
    await run(push(bytes("a", "b")))
    expect(await run((await claim(source)).split(1, 7))).toBe(true)
    const id = newClaimId()
    const part = await claim(source, hour, id)
    const again = await claim(other, hour, id)
    expect(facts(again)).toEqual(facts(part))
    expect(await run(again.ack([]))).toBe(true)
    expect(await run(source.depth)).toEqual({ ...empty, claimed: 1 })
  })

  check("a released or taken-over part keeps its place", async ({ source, other, push }) => {
    await run(push(bytes("a", "b")))
    expect(await run((await claim(source)).split(1, 2))).toBe(true)
    const parts = await claimAll(source)
    const last = parts[1]
    if (last === undefined) throw new Error("The second part is missing.")
    expect(await run(last.release(0, true))).toBe(true)
    const again = await claim(other, { ...hour, lease: 20 })
    expect(facts(again)).toEqual({ ...facts(last), attempts: 3 })
    const over = await eventually("the lease expires", () => run(source.claim(newClaimId(), hour)))
    expect(facts(over)).toEqual({ ...facts(last), attempts: 4 })
    expect(await run(again.split(1, 0))).toBe(false)
    expect(await run(again.release(0, true))).toBe(false)
    expect(await run(last.ack([]))).toBe(true)
    expect(await run(over.ack([]))).toBe(false)
    expect(await run(source.depth)).toEqual({ ...empty, claimed: 1 })
  })
}

await onEveryQueue(suite)
