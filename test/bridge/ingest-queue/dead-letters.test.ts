/** The contract of the dead letters in the list: read, replayed and discarded, on every implementation of the ingest queue. */
import { expect, test } from "bun:test"
import { Effect, Schema } from "effect"
import type { DeadLetterList, StoredDeadLetter } from "../../../bridge/ingest-queue/service.ts"
import { type DeadLetter, DeadLetterJson, reactionsTopic } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { type EventId, eventId, type PushId, type Topic } from "../../../contracts/ids.ts"
import { type OpenQueue, onEveryQueue, type TestQueue } from "../../support/queues.ts"
import { account, booksOf, bytes, claim, counts, deadLetter, deadLettersOf, events, run } from "./batches.ts"

const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)) as ByteString
const line = "a line" as ByteString

/** Reads the dead letter at that place. */
const deadLetterAt = async (box: DeadLetterList, place: number): Promise<StoredDeadLetter> => {
  const [letter] = await run(box.read(place, 1))
  if (letter === undefined) throw new Error("The dead letter is missing.")
  return letter
}

const suite = (open: OpenQueue): void => {
  const check = (what: string, body: (queue: TestQueue) => Promise<void>): void =>
    test(what, () =>
      Effect.runPromise(Effect.scoped(Effect.flatMap(open, (queue) => Effect.promise(() => body(queue)))))
    )

  /** Pushes the lines and dead-letters all of them. */
  const killed = async ({ source, push }: TestQueue, lines: ReadonlyArray<ByteString>, topic = events) => {
    await run(push(lines))
    const batch = await claim(source)
    expect(await deadLetter(batch, lines.length, topic)).toBe(true)
    return batch
  }

  check("dead letters are read in order, page by page, as they were written", async (queue) => {
    const batch = await killed(queue, bytes("a", all, "c"))
    const box = queue.other.deadLetters
    const read = await run(box.read(0, 10))
    expect(read.map(({ letter }) => letter)).toEqual([...deadLettersOf(batch, 3)])
    expect(await run(box.read(1, 1))).toEqual(read.slice(1, 2))
    expect(await run(box.read(2, 10))).toEqual(read.slice(2))
    expect(await run(box.read(3, 10))).toEqual([])
    expect(await run(box.read(0, 0))).toEqual([])
  })

  check("a foreign entry has its exact text and no dead letter", async (queue) => {
    const [letter] = deadLettersOf(await killed(queue, bytes("a")), 1)
    if (letter === undefined) throw new Error("The dead letter is missing.")
    const { topic: _, ...older } = JSON.parse(Schema.encodeSync(DeadLetterJson)(letter))
    const texts = bytes(all, "", '{"v":1}', "[]", JSON.stringify(older))
    for (const text of texts) await run(queue.bury(text))
    const read = await run(queue.source.deadLetters.read(1, 10))
    expect(read).toEqual(texts.map((text) => ({ text, letter: undefined })))
    expect((await booksOf(queue.source, texts.length)).deadLetters).toBe(6)
  })

  check("a replayed dead letter leaves the list, and its line is pushed and taken again", async (queue) => {
    const other = "other.topic-1" as Topic
    await killed(queue, [line, all], other)
    const before = (await booksOf(queue.source)).pushed
    const { deadLetters } = queue.other
    expect(await run(deadLetters.replay(await deadLetterAt(deadLetters, 1), all, 1))).toBe("done")
    const ledger = await booksOf(queue.source)
    expect(ledger).toMatchObject({ pushed: before + 1, waiting: 1, deadLetters: 1, foreignGone: 0 })
    expect(ledger.topics).toEqual([account(other, { received: 2, dead: 2, replayed: 1 })])
    expect((await deadLetterAt(deadLetters, 0)).letter?.line).toEqual(new TextEncoder().encode(line))
    const again = await claim(queue.source)
    expect(again.lines).toEqual([all])
    expect(await run(again.ack(counts(again)))).toBe(true)
    expect(await booksOf(queue.source)).toMatchObject({ taken: 3, inFlight: 0 })
  })

  check(
    "of two concurrent replays or discards of a dead letter one succeeds, and it counts once",
    async (queue) => {
      await killed(queue, bytes("a", "b", "c"))
      const { source, other } = queue
      const [a, b, c] = await run(source.deadLetters.read(0, 3))
      if (a === undefined || b === undefined || c === undefined) throw new Error("Dead letters are missing.")
      const replays = [source, other].map(({ deadLetters }) => run(deadLetters.replay(a, line, 9)))
      expect((await Promise.all(replays)).sort()).toEqual(["done", "gone"])
      const discards = [source, other].map(({ deadLetters }) => run(deadLetters.discard(b)))
      expect((await Promise.all(discards)).sort()).toEqual([false, true])
      const mixed = [
        run(source.deadLetters.replay(c, line, 9)).then((outcome) => outcome === "done"),
        run(other.deadLetters.discard(c))
      ]
      expect((await Promise.all(mixed)).sort()).toEqual([false, true])
      const { waiting, deadLetters, topics } = await booksOf(source)
      const gone = { replayed: waiting, discarded: 3 - waiting }
      expect([1, 2]).toContain(waiting)
      expect({ deadLetters, topics }).toEqual({
        deadLetters: 0,
        topics: [account(events, { received: 3, dead: 3, ...gone })]
      })
    }
  )

  check(
    "foreign texts are replayed and discarded by their bytes, one of several equal ones",
    async (queue) => {
      const { source, bury } = queue
      for (const text of [all, "same", "same", ""]) await run(bury(text as ByteString))
      const same = await deadLetterAt(source.deadLetters, 1)
      expect(await run(source.deadLetters.discard(same))).toBe(true)
      expect(await run(source.deadLetters.replay(same, same.text, 1))).toBe("done")
      expect(await run(source.deadLetters.discard(same))).toBe(false)
      expect(await run(source.deadLetters.replay(await deadLetterAt(source.deadLetters, 0), all, 1))).toBe(
        "done"
      )
      expect(await run(source.deadLetters.read(0, 9))).toEqual([
        { text: "" as ByteString, letter: undefined }
      ])
      expect((await claim(source)).lines).toEqual([same.text, all])
      const ledger = await booksOf(source, 4)
      expect(ledger).toMatchObject({ foreignGone: 3, deadLetters: 1 })
      expect(ledger.topics).toEqual([])
    }
  )

  check(
    "a line that failed again is replayed a limited number of times; an edited line counts separately",
    async (queue) => {
      const { deadLetters } = queue.source
      for (let time = 0; time < 3; time++) {
        await killed(queue, [line])
        expect(await run(queue.other.deadLetters.replay(await deadLetterAt(deadLetters, 0), line, 3))).toBe(
          "done"
        )
        const back = await claim(queue.source)
        expect(back.lines).toEqual([line])
        expect(await run(back.ack(counts(back)))).toBe(true)
      }
      await killed(queue, [line])
      const before = await booksOf(queue.source)
      const letter = await deadLetterAt(deadLetters, 0)
      expect(await run(deadLetters.replay(letter, line, 3))).toBe("too often")
      expect(await run(deadLetters.replay(letter, line, 0))).toBe("too often")
      expect(await booksOf(queue.source)).toEqual(before)
      expect(await deadLetterAt(deadLetters, 0)).toEqual(letter)
      expect(await run(deadLetters.replay(letter, "an edited line" as ByteString, 1))).toBe("done")
      expect((await claim(queue.source)).lines).toEqual(bytes("an edited line"))
      await killed(queue, [line])
      expect(await run(deadLetters.replay(await deadLetterAt(deadLetters, 0), line, 4))).toBe("done")
    }
  )

  check("after a week a replay is forgotten", async (queue) => {
    const { deadLetters } = queue.source
    const replay = async () => run(deadLetters.replay(await deadLetterAt(deadLetters, 0), line, 1))
    for (let time = 0; time < 2; time++) await run(queue.bury(line))
    expect(await replay()).toBe("done")
    expect(await replay()).toBe("too often")
    await run(queue.ageReplays)
    expect(await replay()).toBe("done")
    await run(queue.bury(line))
    expect(await replay()).toBe("too often")
  })

  const undelivered = (n: number): DeadLetter => ({
    v: 1,
    ...{ id: `${"0".repeat(31)}${n}-0` as EventId, topic: reactionsTopic, attempts: 7, first: 1, last: 2 },
    ...{
      reason: "not delivered",
      detail: "rule: why",
      stage: "deliverer",
      line: new TextEncoder().encode("{}")
    }
  })
  const once = (n: number) => `0000000000000000000000000${n}` as PushId

  check("an added dead letter counts once for its id, and the ledger balances", async (queue) => {
    await killed(queue, [line])
    const before = await booksOf(queue.source)
    await run(queue.source.deadLetters.add(undelivered(1), once(1)))
    await run(queue.other.deadLetters.add(undelivered(1), once(1)))
    await run(queue.other.deadLetters.add(undelivered(2), once(2)))
    const ledger = await booksOf(queue.source)
    expect(ledger).toMatchObject({ pushed: before.pushed + 2, taken: before.taken + 2, deadLetters: 3 })
    expect(ledger.topics).toEqual([
      account(events, { received: 1, dead: 1 }),
      account(reactionsTopic, { received: 2, dead: 2 })
    ])
    expect((await deadLetterAt(queue.other.deadLetters, 1)).letter).toEqual(undelivered(1))
  })

  check("the first dead letter of a new queue begins its ledger", async (queue) => {
    await run(queue.source.deadLetters.add(undelivered(1), once(1)))
    const ledger = await booksOf(queue.source)
    expect(ledger).toMatchObject({ pushed: 1, taken: 1, inFlight: 0, deadLetters: 1 })
    expect(ledger.since).toBeGreaterThan(0)
  })

  check(
    "what its owner has taken counts as replayed once, and what is discarded as discarded",
    async (queue) => {
      const { source, other } = queue
      for (const n of [1, 2]) await run(source.deadLetters.add(undelivered(n), once(n)))
      const letter = await deadLetterAt(source.deadLetters, 0)
      const taken = [source, other].map(({ deadLetters }) => run(deadLetters.take(letter)))
      expect((await Promise.all(taken)).sort()).toEqual([false, true])
      expect(await run(other.deadLetters.discard(await deadLetterAt(source.deadLetters, 0)))).toBe(true)
      const ledger = await booksOf(source)
      expect(ledger).toMatchObject({ waiting: 0, deadLetters: 0, pushed: 2, taken: 2 })
      expect(ledger.topics).toEqual([
        account(reactionsTopic, { received: 2, dead: 2, replayed: 1, discarded: 1 })
      ])
    }
  )

  check("a dead letter with an empty line has its id and its times", async (queue) => {
    const batch = await killed(queue, bytes(""))
    const { letter } = await deadLetterAt(queue.other.deadLetters, 0)
    expect(letter).toMatchObject({ id: eventId(batch.id, 0), line: new Uint8Array(), first: batch.claimed })
  })
}

await onEveryQueue(suite)
