/** Dead letters of Spoor and of other programs are found; a run over many ends although replayed letters come back. */
import { expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import {
  type DeadLetterQuery,
  discardDeadLetter,
  discardMatching,
  type FoundDeadLetter,
  findDeadLetter,
  replayDeadLetter,
  replayMatching,
  searchDeadLetters
} from "../../../../actors/inspect/dead-letters/search.ts"
import { readLedger } from "../../../../actors/inspect/ledger/read-ledger.ts"
import type { QueueSource } from "../../../../bridge/ingest-queue/service.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure } from "../../../../contracts/failure.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { bury, claimAll, deadLetter, type OpenOwn, onOwnQueues } from "../queues.ts"

const events = "events" as Topic
const topics = { standard: events, allowed: new Set<string>(), all: [events] }
const linesOf = (letters: ReadonlyArray<FoundDeadLetter>): ReadonlyArray<string> =>
  letters.map(({ line }) => line)

const search = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  query: Partial<DeadLetterQuery> = {}
) {
  return yield* searchDeadLetters(sources, { limit: 100, ...query })
})

const found = Effect.fnUntraced(function* (source: QueueSource, address: string) {
  const letter = yield* findDeadLetter([source], address)
  return letter ?? (yield* Effect.fail(`no letter ${address}`))
})

/** A queue that fails like an unreachable server. */
const away = (source: QueueSource): QueueSource => {
  const failure = Effect.fail(new Failure({ reason: "unavailable", message: "It is away." }))
  return {
    ...source,
    dependency: { ...source.dependency, address: "far-away:6379" },
    depth: failure,
    ledger: () => failure,
    deadLetters: { ...source.deadLetters, read: () => failure }
  }
}

const suite = (open: OpenOwn): void => {
  const check = <A>(what: string, body: Effect.Effect<A, unknown, Scope.Scope>): void =>
    test(what, () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))))

  check(
    "letters of all queues come newest first, page by page",
    Effect.gen(function* () {
      const [one, two] = [yield* open, yield* open]
      for (const last of [10, 30, 50]) yield* bury(one, [`one ${last}`], { last })
      for (const last of [20, 40]) yield* bury(two, [`two ${last}`], { last })
      const sources = [one.source, two.source]
      const first = yield* search(sources, { limit: 2 })
      expect(linesOf(first.letters)).toEqual(["one 50", "two 40"])
      expect(first).toMatchObject({ total: 5, troubles: [] })
      // A letter arrives in the meantime; the pages continue where they were.
      yield* bury(one, ["one 60"], { last: 60 })
      const second = yield* search(sources, { limit: 2, cursor: first.cursor })
      expect(linesOf(second.letters)).toEqual(["one 30", "two 20"])
      const third = yield* search(sources, { limit: 2, cursor: second.cursor })
      expect(linesOf(third.letters)).toEqual(["one 10"])
      expect(third.cursor).toBeUndefined()
    })
  )

  check(
    "lists longer than a page of 500 are read to their end",
    Effect.gen(function* () {
      const queue = yield* open
      const lines = Array.from({ length: 1_203 }, (_, i) => `line ${i}`)
      const letters = yield* bury(queue, lines)
      const page = yield* search([queue.source], { limit: 2_000 })
      expect(linesOf(page.letters)).toEqual(lines.toReversed())
      const oldest = letters[0]?.id ?? ""
      expect((yield* found(queue.source, oldest)).line).toBe("line 0" as ByteString)
      const scanned = yield* search([queue.source], { text: "line 1", limit: 2_000, scan: 700 })
      expect(scanned.letters).toHaveLength(203)
      const rest = yield* search([queue.source], { text: "line 1", limit: 2_000, cursor: scanned.cursor })
      expect(scanned.letters.length + rest.letters.length).toBe(
        lines.filter((one) => /^line 1/.test(one)).length
      )
    })
  )

  check(
    "filters by reason, stage, topic, text and time",
    Effect.gen(function* () {
      const queue = yield* open
      yield* bury(queue, ["a"], { reason: "empty", last: 100 })
      yield* bury(queue, ["b Größe"], { stage: "enricher", reason: "not enriched", last: 200 })
      yield* bury(queue, ["\u00ff\u001bC"], { topic: "clicks" as Topic, last: 300 })
      yield* queue.foreign("raw d")
      const lines = (query: Partial<DeadLetterQuery>) =>
        Effect.map(search([queue.source], query), ({ letters }) => linesOf(letters).join())
      expect(yield* lines({})).toBe("raw d,\u00ff\u001bC,b Größe,a")
      expect(yield* lines({ reason: "empty" })).toBe("a")
      expect(yield* lines({ stage: "enricher" })).toBe("b Größe")
      expect(yield* lines({ topic: "clicks" })).toBe("\u00ff\u001bC")
      expect(yield* lines({ text: "RAW" })).toBe("raw d")
      expect(yield* lines({ text: "\\xff\\x1bc" })).toBe("\u00ff\u001bC")
      expect(yield* lines({ since: 200 })).toBe("\u00ff\u001bC,b Größe")
      expect(yield* lines({ until: 200 })).toBe("a")
      expect(yield* lines({ text: "nothing" })).toBe("")
    })
  )

  check(
    "a letter of another program is identified by its text, and its text is its line",
    Effect.gen(function* () {
      const queue = yield* open
      yield* queue.foreign("1.2.3.4 soon host pod /a e ua")
      const [letter] = (yield* search([queue.source])).letters
      expect(letter).toMatchObject({ letter: undefined, line: "1.2.3.4 soon host pod /a e ua" as ByteString })
      expect(letter?.address).toMatch(/^raw-[0-9a-f]{12}$/)
      const again = yield* found(queue.source, letter?.address ?? "")
      const edited = "1.2.3.4 1 host pod /a e ua" as ByteString
      expect(yield* replayDeadLetter(again, { line: edited })).toBe("done")
      expect((yield* claimAll(queue.source)).lines).toEqual([edited])
      expect(yield* replayDeadLetter(again)).toBe("gone")
      expect((yield* search([queue.source])).total).toBe(0)
    })
  )

  check(
    "a line that always becomes a dead letter again is replayed three times, and again with force",
    Effect.gen(function* () {
      const queue = yield* open
      let [letter] = yield* bury(queue, ["never good"])
      const replayAgain = Effect.fnUntraced(function* (force: boolean) {
        const outcome = yield* replayDeadLetter(yield* found(queue.source, letter?.id ?? ""), { force })
        if (outcome === "done") letter = (yield* deadLetter(yield* claimAll(queue.source), { last: 1 }))[0]
        return outcome
      })
      for (const _ of [1, 2, 3]) expect(yield* replayAgain(false)).toBe("done")
      expect(yield* replayAgain(false)).toBe("too often")
      expect(yield* replayMatching([queue.source], {})).toMatchObject({ done: 0, tooOften: [letter?.id] })
      expect(yield* replayAgain(true)).toBe("done")
      const ledger = yield* readLedger([queue.source], topics)
      expect(ledger.total).toMatchObject({ received: 1, dead: 1, replayed: 4 })
      expect(ledger).toMatchObject({ balanced: true, warnings: [] })
    })
  )

  check(
    "a run over all letters ends although each one comes back at once",
    Effect.gen(function* () {
      const queue = yield* open
      yield* bury(
        queue,
        Array.from({ length: 700 }, (_, i) => `bad ${i}`),
        { last: 1 }
      )
      yield* queue.foreign("raw")
      // Each replayed line becomes a dead letter again before the run continues.
      const { source } = queue
      const comingBack: QueueSource = {
        ...source,
        deadLetters: {
          ...source.deadLetters,
          replay: (letter, line, allowed) =>
            Effect.tap(source.deadLetters.replay(letter, line, allowed), () =>
              Effect.ignore(
                Effect.flatMap(claimAll(source), (batch) => deadLetter(batch, { last: Date.now() }))
              )
            )
        }
      }
      const run = yield* replayMatching([comingBack], {})
      expect(run).toEqual({ done: 701, gone: 0, tooOften: [], troubles: [] })
      expect(yield* source.depth).toEqual({ waiting: 0, claimed: 0, deadLetters: 701 })
    })
  )

  check(
    "discards one letter, or all matching ones, for good",
    Effect.gen(function* () {
      const queue = yield* open
      const [first] = yield* bury(queue, ["a 1", "a 2", "b 3"], { last: 1 })
      const letter = yield* found(queue.source, first?.id ?? "")
      expect(yield* discardDeadLetter(letter)).toBe(true)
      expect(yield* discardDeadLetter(letter)).toBe(false)
      expect(yield* discardMatching([queue.source], { text: "a" })).toEqual({
        done: 1,
        gone: 0,
        troubles: []
      })
      expect(linesOf((yield* search([queue.source])).letters)).toEqual(["b 3"])
      const ledger = yield* readLedger([queue.source], topics)
      expect(ledger.total).toMatchObject({ received: 3, dead: 1, discarded: 2 })
      expect(ledger.balanced).toBe(true)
    })
  )

  check(
    "letters newer than the start of the run stay",
    Effect.gen(function* () {
      const queue = yield* open
      yield* bury(queue, ["young"], { last: Date.now() + 60_000 })
      expect((yield* discardMatching([queue.source], {})).done).toBe(0)
      expect((yield* replayMatching([queue.source], {})).done).toBe(0)
      expect((yield* search([queue.source])).total).toBe(1)
    })
  )

  check(
    "an unreachable queue is reported, and the others are read",
    Effect.gen(function* () {
      const queue = yield* open
      const [letter] = yield* bury(queue, ["here"], { last: 1 })
      const sources = [away(queue.source), queue.source]
      const page = yield* search(sources)
      expect(linesOf(page.letters)).toEqual(["here"])
      expect(page.troubles).toEqual(["far-away:6379: It is away."])
      const gone = [away(queue.source), away(queue.source)]
      expect(yield* search(gone)).toMatchObject({ letters: [], total: null, cursor: undefined })
      expect((yield* findDeadLetter(sources, letter?.id ?? ""))?.line).toBe("here" as ByteString)
      expect(yield* Effect.flip(findDeadLetter(sources, "another"))).toMatchObject({ reason: "unavailable" })
      expect((yield* replayMatching(sources, {})).done).toBe(1)
      const ledger = yield* readLedger(sources, topics)
      expect(ledger).toMatchObject({ complete: false, balanced: true, total: { received: 1, waiting: 1 } })
    })
  )

  check(
    "an invalid cursor is refused",
    Effect.gen(function* () {
      const queue = yield* open
      for (const cursor of ["1.2", "x", "-1", "1e9"]) {
        expect(yield* Effect.flip(search([queue.source], { cursor }))).toMatchObject({ reason: "unreadable" })
      }
    })
  )
}

await onOwnQueues(suite)
