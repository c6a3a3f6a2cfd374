/** A batch that failed before is tried only after a successful probe, and alone, so that an outage is not counted against it. */
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
const unanswered = new Failure({ reason: "no-answer", message: "no answer in time" })

/** A queue with one batch of these lines, claimed `times` times by claimers that ended without releasing it. */
const candidate = (times: number, ...texts: ReadonlyArray<string>) => {
  const found = { id: newBatchId() }
  const before = Effect.fnUntraced(function* (queue: Queue) {
    yield* queue.push(lines(...texts))
    found.id = yield* claimersEnd(queue, times)
  })
  return { found, before }
}

const whole = (queue: Queue, id: BatchId) =>
  Effect.promise(() => eventually("it is still in flight", () => locateEvent(queue, id, 0)))

describe("a poison candidate", () => {
  test("is held by no claimer, untried and uncounted, for as long as probes fail", async () => {
    const { found, before } = candidate(2, "a")
    let probes = 0
    let tries = 0
    let isHealthy = false
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      onProbe: (empty) => {
        probes += 1
        return isHealthy ? Effect.succeed(stored(empty)) : Effect.fail(away)
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("several probes were sent", () => probes >= 3))
        expect(tries).toBe(0)
        expect(yield* whole(queue, found.id)).toMatchObject({ attempts: 2, isClaimed: false })
        isHealthy = true
        yield* nothingLeft(queue)
      })
    })
    expect(tries).toBe(1)
  })

  test("is held by no claimer while a probe hangs, so that a process that ends meanwhile adds no attempt", async () => {
    const { found, before } = candidate(2, "a")
    let probes = 0
    const left = await draining({
      before,
      handle: (batch) => Effect.succeed(stored(batch)),
      onProbe: () => {
        probes += 1
        return Effect.never
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("a probe was sent", () => probes > 0))
        expect(yield* whole(queue, found.id)).toMatchObject({ attempts: 2, isClaimed: false })
      }),
      whileStopping: (queue, stopping) =>
        Effect.andThen(
          Fiber.await(stopping),
          Effect.promise(() => locateEvent(queue, found.id, 0))
        )
    })
    expect(left).toMatchObject({ attempts: 2, isClaimed: false })
  })

  test("is not tried while one of many instances hangs: its missing answer would be counted against the event", async () => {
    const { before } = candidate(1, "a")
    const instances = 20
    let probes = 0
    let failed = 0
    let tries = 0
    let isHanging = true
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      onProbe: (empty) => {
        probes += 1
        if (!isHanging || probes % instances !== 0) return Effect.succeed(stored(empty))
        failed += 1
        return Effect.fail(unanswered)
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() =>
          eventually("the probe reached the hung instance", () => failed >= 3 || tries > 0)
        )
        expect(tries).toBe(0)
        isHanging = false
        yield* nothingLeft(queue)
      })
    })
    expect(tries).toBe(1)
  }, 20_000)

  test("is tried under load too, when many instances are busy", async () => {
    const { before } = candidate(1, "a")
    let probes = 0
    let tries = 0
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      onProbe: (empty) => {
        probes += 1
        const busy = new Failure({ reason: "busy", message: "the mailbox is full" })
        return probes % 3 === 0 ? Effect.succeed(stored(empty)) : Effect.fail(busy)
      },
      body: nothingLeft
    })
    expect(tries).toBe(1)
  }, 30_000)

  test("is not tried while all instances are busy", async () => {
    const { before } = candidate(1, "a")
    let probes = 0
    let tries = 0
    await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      onProbe: () => {
        probes += 1
        return Effect.fail(new Failure({ reason: "busy", message: "the mailbox is full" }))
      },
      body: () => Effect.promise(() => eventually("many probes were sent", () => probes > 128 || tries > 0))
    })
    expect(tries).toBe(0)
  }, 30_000)

  test("does not hold up other batches", async () => {
    const { before } = candidate(1, "a")
    const done: Array<ByteString> = []
    await draining({
      before,
      handle: (batch) => {
        done.push(...batch.lines)
        return Effect.succeed(stored(batch))
      },
      onProbe: () => Effect.fail(away),
      body: Effect.fnUntraced(function* (queue) {
        for (const text of ["b", "c", "d"]) {
          yield* queue.push(lines(text))
          yield* Effect.promise(() => eventually(`${text} is done`, () => done.includes(text as ByteString)))
        }
      })
    })
    expect(done).toEqual([...lines("b", "c", "d")])
  })

  test("that takes long delays neither the batches of another queue server nor, without limit, that server's candidate", async () => {
    const isOver = await Effect.runPromise(Deferred.make<void>())
    const done: Array<ByteString> = []
    let other: Queue | undefined
    let claimedThere = 0
    await draining({
      second: Effect.tap(oneQueue, (queue) =>
        Effect.gen(function* () {
          other = queue
          yield* queue.push(lines("candidate there"))
          yield* claimersEnd(queue, 1)
        })
      ),
      before: candidate(1, "candidate here").before,
      onClaim: (batch) => {
        if (batch.lines.includes("candidate there" as ByteString)) claimedThere += 1
      },
      handle: (batch) =>
        Effect.gen(function* () {
          if (batch.lines.includes("candidate here" as ByteString)) yield* Deferred.await(isOver)
          done.push(...batch.lines)
          return stored(batch)
        }),
      body: Effect.fnUntraced(function* (queue) {
        yield* Effect.promise(() => eventually("it was released there", () => claimedThere > 0))
        for (const text of ["b", "c", "d"]) {
          yield* other?.push(lines(text)) ?? Effect.void
          yield* Effect.promise(() => eventually(`${text} is done`, () => done.includes(text as ByteString)))
        }
        yield* Deferred.succeed(isOver, undefined)
        yield* nothingLeft(queue)
        if (other !== undefined) yield* nothingLeft(other)
      })
    })
    expect(done.toSorted()).toEqual(lines("b", "c", "d", "candidate here", "candidate there").toSorted())
  }, 20_000)

  test("is tried with no other batch in flight", async () => {
    const { before } = candidate(1, "candidate")
    const inFlight = new Set<ByteString>()
    let beside: ReadonlyArray<ByteString> | undefined
    let others = 0
    await draining({
      before,
      handle: (batch) =>
        Effect.gen(function* () {
          const [line] = batch.lines
          if (line === undefined) return stored(batch)
          if (line === "candidate") beside = [...inFlight]
          else others += 1
          inFlight.add(line)
          yield* Effect.sleep("20 millis")
          inFlight.delete(line)
          if (line === "candidate") expect(inFlight.size).toBe(0)
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

  test("of several events is split after two tries, and each event keeps its place", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `line ${i}`)
    const { before } = candidate(2, ...texts)
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

  test("of one event whose three claimers ended becomes a dead letter without another try, counted as dead", async () => {
    const { before } = candidate(3, "1.2.3.4 1795206900000 h p /t/a e ua")
    let tries = 0
    const ledgers = await draining({
      before,
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      onProbe: () => Effect.fail(away),
      body: (queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 }),
      whileStopping: (queue) => Effect.forEach(queue.sources, (source) => source.ledger(0))
    })
    expect(tries).toBe(0)
    expect(ledgers).toMatchObject([{ taken: 1, topics: [{ topic, received: 1, stored: 0, dead: 1 }] }])
  })

  test("of several events, one that gets no answer, is found in five tries, although nothing else succeeds", async () => {
    const texts = Array.from({ length: 70 }, (_, i) => (i === 41 ? "poison" : `line ${i}`))
    const seen: Array<ByteString> = []
    let missingAnswers = 0
    await draining({
      before: (queue) => queue.push(lines(...texts)),
      handle: (batch) => {
        if (batch.lines.includes("poison" as ByteString)) {
          missingAnswers += 1
          return Effect.fail(unanswered)
        }
        seen.push(...batch.lines)
        return Effect.succeed(stored(batch))
      },
      body: (queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
    })
    expect(missingAnswers).toBe(5)
    expect(seen.toSorted()).toEqual(lines(...texts.filter((text) => text !== "poison")).toSorted())
  }, 30_000)

  test("of one event that came alone becomes a dead letter after three missing answers", async () => {
    let missingAnswers = 0
    await draining({
      before: (queue) => queue.push(lines("poison")),
      handle: () => {
        missingAnswers += 1
        return Effect.fail(unanswered)
      },
      body: (queue) => depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
    })
    expect(missingAnswers).toBe(3)
  })

  test("an outage without any answer counts no attempt: the unanswered batch waits", async () => {
    let isUnanswered = true
    let tries = 0
    const attempts: Array<number> = []
    await draining({
      handle: (batch) => {
        tries += 1
        return isUnanswered ? Effect.fail(unanswered) : Effect.succeed(stored(batch))
      },
      onProbe: (empty) => (isUnanswered ? Effect.fail(unanswered) : Effect.succeed(stored(empty))),
      onClaim: (batch) => attempts.push(batch.attempts),
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b"))
        yield* Effect.promise(() => eventually("it was claimed again and again", () => attempts.length > 4))
        expect(tries).toBe(1)
        isUnanswered = false
        yield* nothingLeft(queue)
      })
    })
    expect(Math.max(...attempts)).toBe(0)
    expect(tries).toBe(2)
  })
})
