/** What failed before is tried only when the way is proven free, and alone; so outages are no event's guilt. */
import { describe, expect, test } from "bun:test"
import { Deferred, Effect, Fiber } from "effect"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { type BatchId, newBatchId } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"
import {
  claimersEnd,
  depthIs,
  draining,
  lines,
  locateEvent,
  nothingLeft,
  oneQueue,
  type Queue,
  stored,
  topic
} from "./draining.ts"

const away = new Failure({ reason: "unavailable", message: "no log" })
const silent = new Failure({ reason: "no-answer", message: "no answer in time" })

/** A queue in which one batch of these lines was claimed so often by somebody who ended. */
const suspect = (times: number, ...texts: ReadonlyArray<string>) => {
  const found = { id: newBatchId() }
  const before = Effect.fnUntraced(function* (queue: Queue) {
    yield* queue.push(lines(...texts))
    found.id = yield* claimersEnd(queue, times)
  })
  return { found, before }
}

const whole = (queue: Queue, id: BatchId) =>
  Effect.promise(() => eventually("it is where it was", () => locateEvent(queue, id, 0)))

describe("a suspect", () => {
  test("is in nobody's hands, untried and uncounted, for as long as the way is not free", async () => {
    const { found, before } = suspect(2, "a")
    let looks = 0
    let tries = 0
    let isFree = false
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      way: (empty) => {
        looks += 1
        return isFree ? Effect.succeed(stored(empty)) : Effect.fail(away)
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("it was looked several times", () => looks >= 3))
        expect(tries).toBe(0)
        expect(yield* whole(queue, found.id)).toMatchObject({ attempts: 2, isClaimed: false })
        isFree = true
        yield* nothingLeft(queue)
      })
    })
    expect(tries).toBe(1)
  })

  test("is in nobody's hands while the way hangs, so that whoever is ended meanwhile leaves no trace", async () => {
    const { found, before } = suspect(2, "a")
    let looks = 0
    const left = await draining({
      before,
      handle: (batch) => Effect.succeed(stored(batch)),
      way: () => {
        looks += 1
        return Effect.never
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("it is being looked", () => looks > 0))
        expect(yield* whole(queue, found.id)).toMatchObject({ attempts: 2, isClaimed: false })
      }),
      ending: (queue, stopping) =>
        Effect.andThen(
          Fiber.await(stopping),
          Effect.promise(() => locateEvent(queue, found.id, 0))
        )
    })
    expect(left).toMatchObject({ attempts: 2, isClaimed: false })
  })

  test("is not tried while one of many who answer hangs: its silence would be taken for the event's guilt", async () => {
    const { before } = suspect(1, "a")
    const copies = 20
    let looks = 0
    let failed = 0
    let tries = 0
    let isHanging = true
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      way: (empty) => {
        looks += 1
        if (!isHanging || looks % copies !== 0) return Effect.succeed(stored(empty))
        failed += 1
        return Effect.fail(silent)
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("the one that hangs was met", () => failed >= 3 || tries > 0))
        expect(tries).toBe(0)
        isHanging = false
        yield* nothingLeft(queue)
      })
    })
    expect(tries).toBe(1)
  }, 20_000)

  test("is tried under load too, when many of those asked have all the work they may take", async () => {
    const { before } = suspect(1, "a")
    let looks = 0
    let tries = 0
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      way: (empty) => {
        looks += 1
        const busy = new Failure({ reason: "busy", message: "the mailbox is full" })
        return looks % 3 === 0 ? Effect.succeed(stored(empty)) : Effect.fail(busy)
      },
      body: nothingLeft
    })
    expect(tries).toBe(1)
  }, 30_000)

  test("is not tried while all of them have", async () => {
    const { before } = suspect(1, "a")
    let looks = 0
    let tries = 0
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      way: () => {
        looks += 1
        return Effect.fail(new Failure({ reason: "busy", message: "the mailbox is full" }))
      },
      body: () => Effect.promise(() => eventually("it was looked for long", () => looks > 128 || tries > 0))
    })
    expect(tries).toBe(0)
  }, 30_000)

  test("lets others pass meanwhile", async () => {
    const { before } = suspect(1, "a")
    const done: Array<ByteString> = []
    await draining({
      before,
      handle: (batch) => {
        done.push(...batch.lines)
        return Effect.succeed(stored(batch))
      },
      way: () => Effect.fail(away),
      body: Effect.fnUntraced(function* (queue) {
        for (const text of ["b", "c", "d"]) {
          yield* queue.push(lines(text))
          yield* Effect.promise(() => eventually(`${text} is done`, () => done.includes(text as ByteString)))
        }
      })
    })
    expect(done).toEqual([...lines("b", "c", "d")])
  })

  test("that is tried for long holds up neither the others of another queue server nor that one's own suspects for ever", async () => {
    const isOver = await Effect.runPromise(Deferred.make<void>())
    const done: Array<ByteString> = []
    let other: Queue | undefined
    let claimedThere = 0
    await draining({
      second: Effect.tap(oneQueue, (queue) =>
        Effect.gen(function* () {
          other = queue
          yield* queue.push(lines("suspect there"))
          yield* claimersEnd(queue, 1)
        })
      ),
      before: suspect(1, "suspect here").before,
      claimed: (batch) => {
        if (batch.lines.includes("suspect there" as ByteString)) claimedThere += 1
      },
      handle: (batch) =>
        Effect.gen(function* () {
          if (batch.lines.includes("suspect here" as ByteString)) yield* Deferred.await(isOver)
          done.push(...batch.lines)
          return stored(batch)
        }),
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("it was given back there", () => claimedThere > 0))
        for (const text of ["b", "c", "d"]) {
          yield* other?.push(lines(text)) ?? Effect.void
          yield* Effect.promise(() => eventually(`${text} is done`, () => done.includes(text as ByteString)))
        }
        yield* Deferred.succeed(isOver, undefined)
        yield* nothingLeft(queue)
        if (other !== undefined) yield* nothingLeft(other)
      })
    })
    expect(done.toSorted()).toEqual(lines("b", "c", "d", "suspect here", "suspect there").toSorted())
  }, 20_000)

  test("is tried with nothing else under way", async () => {
    const { before } = suspect(1, "suspect")
    const underWay = new Set<ByteString>()
    let beside: ReadonlyArray<ByteString> | undefined
    let others = 0
    await draining({
      before,
      handle: (batch) =>
        Effect.gen(function* () {
          const [line] = batch.lines
          if (line === undefined) return stored(batch)
          if (line === "suspect") beside = [...underWay]
          else others += 1
          underWay.add(line)
          yield* Effect.sleep("20 millis")
          underWay.delete(line)
          if (line === "suspect") expect(underWay.size).toBe(0)
          return stored(batch)
        }),
      body: Effect.fnUntraced(function* (queue) {
        for (let n = 0; beside === undefined || others < 10; n++) {
          yield* queue.push(lines(`other ${n}`))
          yield* Effect.sleep("1 millis")
        }
        yield* nothingLeft(queue)
      })
    })
    expect(beside).toEqual([])
  })

  test("of several events is taken apart after two tries, and every event keeps its place", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `line ${i}`)
    const { before } = suspect(2, ...texts)
    const seen: Array<readonly [place: number, line: ByteString]> = []
    const ids = new Set<string>()
    await draining({
      before,
      handle: (batch) => {
        ids.add(batch.id)
        expect(batch.lines.length).toBeLessThanOrEqual(2)
        for (const [i, line] of batch.lines.entries()) seen.push([batch.first + i, line])
        return Effect.succeed(stored(batch))
      },
      body: nothingLeft
    })
    expect(ids.size).toBe(1)
    expect(seen.toSorted(([a], [b]) => a - b)).toEqual(lines(...texts).map((line, i) => [i, line] as const))
  })

  test("that is alone and ended three who claimed it is set aside without another try, counted as dead", async () => {
    const { before } = suspect(3, "1.2.3.4 1795206900000 h p /t/a e ua")
    let tries = 0
    const ledgers = await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      way: () => Effect.fail(away),
      body: (queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 }),
      ending: (queue) => Effect.forEach(queue.sources, (source) => source.ledger(0))
    })
    expect(tries).toBe(0)
    expect(ledgers).toMatchObject([{ taken: 1, topics: [{ topic, received: 1, stored: 0, dead: 1 }] }])
  })

  test("event that silences whoever is asked is found in five tries, though nothing else succeeds", async () => {
    const texts = Array.from({ length: 70 }, (_, i) => (i === 41 ? "poison" : `line ${i}`))
    const seen: Array<ByteString> = []
    let silences = 0
    await draining({
      before: (queue) => queue.push(lines(...texts)),
      handle: (batch) => {
        if (batch.lines.includes("poison" as ByteString)) {
          silences += 1
          return Effect.fail(silent)
        }
        seen.push(...batch.lines)
        return Effect.succeed(stored(batch))
      },
      body: (queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
    })
    expect(silences).toBe(5)
    expect(seen.toSorted()).toEqual(lines(...texts.filter((text) => text !== "poison")).toSorted())
  }, 30_000)

  test("event that came alone is given up after three silences", async () => {
    let silences = 0
    await draining({
      before: (queue) => queue.push(lines("poison")),
      handle: () => {
        silences += 1
        return Effect.fail(silent)
      },
      body: (queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
    })
    expect(silences).toBe(3)
  })

  test("an outage in which everybody is silent costs no attempt: what was met with silence waits", async () => {
    let isSilent = true
    let tries = 0
    const attempts: Array<number> = []
    await draining({
      handle: (batch) => {
        tries += 1
        return isSilent ? Effect.fail(silent) : Effect.succeed(stored(batch))
      },
      way: (empty) => (isSilent ? Effect.fail(silent) : Effect.succeed(stored(empty))),
      claimed: (batch) => attempts.push(batch.attempts),
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b"))
        yield* Effect.promise(() => eventually("it came again and again", () => attempts.length > 4))
        expect(tries).toBe(1)
        isSilent = false
        yield* nothingLeft(queue)
      })
    })
    expect(Math.max(...attempts)).toBe(0)
    expect(tries).toBe(2)
  })
})
