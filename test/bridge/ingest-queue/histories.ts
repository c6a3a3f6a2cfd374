/** Random histories of a queue, and a simple model of each that is compared with the ledger after every step. */
import { expect } from "bun:test"
import { Effect } from "effect"
import fc from "fast-check"
import type { ClaimedBatch, StoredDeadLetter } from "../../../bridge/ingest-queue/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { type BatchId, type ClaimId, newClaimId, type Topic } from "../../../contracts/ids.ts"
import type { TestQueue } from "../../support/queues.ts"
import { account, booksOf, bytes, counts, deadLettersOf, events, run } from "./batches.ts"

const topics: ReadonlyArray<Topic> = [events, "other.topic-1" as Topic]

/** `which` selects one of all batches or dead letters so far, removed ones included. */
const which = fc.nat(30)
const topic = fc.constantFrom(...topics)
const small = fc.integer({ min: 1, max: 4 })

export const step = fc.oneof(
  fc.record({ kind: fc.constant("push"), lines: small }),
  fc.record({
    kind: fc.constant("claim"),
    maxEvents: small,
    isEnded: fc.boolean(),
    linesFirst: fc.boolean(),
    isOther: fc.boolean()
  }),
  fc.record({ kind: fc.constant("claim again"), which }),
  fc.record({ kind: fc.constant("ack"), which, topic }),
  fc.record({ kind: fc.constant("give back"), which, isCounted: fc.boolean() }),
  fc.record({ kind: fc.constant("split"), which, size: small }),
  fc.record({ kind: fc.constant("set aside"), which, dead: fc.nat(2), topic }),
  fc.record({ kind: fc.constant("bury") }),
  fc.record({ kind: fc.constant("read letters") }),
  fc.record({ kind: fc.constant("replay"), which, isEdited: fc.boolean() }),
  fc.record({ kind: fc.constant("discard"), which })
)
export type Step = typeof step extends fc.Arbitrary<infer A> ? A : never

/** The line of a dead letter. */
export const lineOf = ({ letter, text }: StoredDeadLetter): ByteString =>
  letter === undefined ? text : byteStringOf(letter.line)

/** The number of steps by outcome, to check that a run covered every outcome. */
export type Tally = Map<string, number>

/** A running history: `take` does one step and compares the ledger with the model. */
export const historyOf = (queue: TestQueue, tally: Tally) => {
  const accounts = new Map(topics.map((name) => [name, { ...account(name, {}) }]))
  const batches: Array<ClaimedBatch & { readonly claim: ClaimId }> = []
  const letters: Array<StoredDeadLetter> = []
  /** The claims that may be sent again: those whose claimer has not tried to settle the batch. */
  const claims = new Set<ClaimId>()
  /** All batches so far: a new one never has the id of another. */
  const ids = new Set<BatchId>()
  const queued = { pushed: 0, taken: 0, buried: 0, foreignGone: 0, lines: 0 }

  const add = (name: Topic, kind: "received" | "stored" | "dead" | "replayed" | "discarded", by: number) => {
    const of = accounts.get(name)
    if (of !== undefined) accounts.set(name, { ...of, [kind]: of[kind] + by })
  }
  const note = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)
  const pick = <A>(all: ReadonlyArray<A>, place: number): A | undefined => all[place % all.length]
  const took = (claim: ClaimId, batch: ClaimedBatch | undefined, isNew: boolean): void => {
    if (batch === undefined) return
    batches.push({ ...batch, claim })
    expect(isNew && ids.has(batch.id)).toBe(false)
    ids.add(batch.id)
    if (isNew) queued.taken += batch.lines.length
    else note("took over")
  }

  const act = async (one: Step): Promise<void> => {
    switch (one.kind) {
      case "push":
        await run(queue.push(bytes(...Array.from({ length: one.lines }, () => `line ${queued.lines++ % 5}`))))
        queued.pushed += one.lines
        return
      case "claim": {
        const id = newClaimId()
        const { maxEvents, linesFirst, isEnded } = one
        const limits = { maxEvents, linesFirst, maxBytes: 1000, lease: isEnded ? 0 : 3_600_000 }
        const before = (await run(queue.source.depth)).waiting
        const batch = await run((one.isOther ? queue.other : queue.source).claim(id, limits))
        claims.add(id)
        return took(id, batch, before !== (await run(queue.source.depth)).waiting)
      }
      case "claim again": {
        const id = pick([...claims], one.which)
        if (id === undefined) return
        const limits = { maxEvents: 4, maxBytes: 1000, lease: 3_600_000 }
        const before = (await run(queue.source.depth)).waiting
        const batch = await run(queue.source.claim(id, limits))
        note("claimed again")
        return took(id, batch, before !== (await run(queue.source.depth)).waiting)
      }
    }
    const batch = pick(batches, "which" in one ? one.which : 0)
    const isSettling = ["ack", "give back", "split", "set aside"].includes(one.kind)
    if (isSettling && batch !== undefined) claims.delete(batch.claim)
    switch (one.kind) {
      case "ack":
        if (batch === undefined) return
        if (!(await run(batch.ack(counts(batch, 0, one.topic))))) return note("late ack")
        add(one.topic, "received", batch.lines.length)
        add(one.topic, "stored", batch.lines.length)
        return note("ack")
      case "give back":
        return note((await run(batch?.release(0, one.isCounted) ?? Effect.succeed(false))) ? "gave back" : "")
      case "split":
        return note((await run(batch?.split(one.size, 1) ?? Effect.succeed(false))) ? "split" : "")
      case "set aside": {
        if (batch === undefined) return
        const dead = Math.min(one.dead, batch.lines.length)
        const done = await run(
          batch.deadLetter(deadLettersOf(batch, dead, one.topic), counts(batch, dead, one.topic))
        )
        if (!done) return note("late set aside")
        add(one.topic, "received", batch.lines.length)
        add(one.topic, "stored", batch.lines.length - dead)
        add(one.topic, "dead", dead)
        return note("set aside")
      }
      case "bury":
        await run(queue.bury(`raw ${queued.buried % 3}` as ByteString))
        queued.buried += 1
        return
      case "read letters":
        letters.push(...(await run(queue.other.deadLetters.read(0, 100))))
        return
    }
    const letter = "which" in one ? pick(letters, one.which) : undefined
    if (letter === undefined) return
    if (one.kind === "replay") {
      const line = one.isEdited ? (`edited ${queued.lines++}` as ByteString) : lineOf(letter)
      const outcome = await run(queue.source.deadLetters.replay(letter, line, 2))
      note(outcome)
      if (outcome !== "done") return
      queued.pushed += 1
      if (letter.letter === undefined) queued.foreignGone += 1
      else add(letter.letter.topic, "replayed", 1)
    }
    if (one.kind === "discard") {
      if (!(await run(queue.source.deadLetters.discard(letter)))) return note("discarded late")
      note("discarded")
      if (letter.letter === undefined) queued.foreignGone += 1
      else add(letter.letter.topic, "discarded", 1)
    }
  }

  const take = async (one: Step): Promise<void> => {
    await act(one)
    const ledger = await booksOf(queue.other, queued.buried, 1000)
    expect(ledger.topics).toEqual(
      [...accounts.values()].filter(({ topic: _, ...numbers }) => Object.values(numbers).some((n) => n > 0))
    )
    expect(ledger.taken).toBe(queued.taken)
    expect(ledger.foreignGone).toBe(queued.foreignGone)
    expect(ledger.waiting).toBe(queued.pushed - queued.taken)
    expect(ledger.pushed).toBe(queued.pushed)
    expect(ledger.lines?.waiting.length).toBe(ledger.waiting)
    expect(ledger.lines?.inFlight.length).toBe(ledger.inFlight)
  }

  return take
}
