/** Waiting for lines, on every queue: a push by any process ends the wait, which changes nothing. */
import { expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import type { ByteString } from "../../../contracts/event.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { type OpenQueue, onEveryQueue, type TestQueue } from "../../support/queues.ts"

const limits = { maxEvents: 1000, maxBytes: 512 * 1024, lease: 60_000 }
const lines = (...texts: ReadonlyArray<string>): ReadonlyArray<ByteString> =>
  texts as ReadonlyArray<ByteString>
/** Far longer than the timeout of a test: what waits for so long has not been woken. */
const hourMs = 3_600_000

const suite = (open: OpenQueue): void => {
  const check = (what: string, body: (queue: TestQueue) => Effect.Effect<unknown, unknown>): void =>
    test(what, () => Effect.runPromise(Effect.scoped(Effect.flatMap(open, body))))

  check(
    "a wait ends when a line is pushed, in this process or another, and leaves it in its place",
    (queue) =>
      Effect.gen(function* () {
        // `other` is opened apart from `push`, as in another process.
        const waiting = [queue.source, queue.other].map(({ awaitLines }) => awaitLines(hourMs))
        const fibers = yield* Effect.forEach(waiting, (one) =>
          Effect.forkChild(one, { startImmediately: true })
        )
        yield* queue.push(lines("a", "b"))
        yield* Effect.forEach(fibers, Fiber.join)
        yield* queue.push(lines("c"))
        const batch = yield* queue.source.claim(newClaimId(), limits)
        expect(batch?.lines).toEqual(lines("a", "b", "c"))
      })
  )

  check("a wait for lines that are there ends at once", ({ source, push }) =>
    Effect.gen(function* () {
      yield* push(lines("a"))
      yield* source.awaitLines(hourMs)
      yield* source.awaitLines(hourMs)
    })
  )

  check(
    "a wait ends without lines when its time is over, and can be repeated after an interruption",
    (queue) =>
      Effect.gen(function* () {
        const { source, push } = queue
        yield* source.awaitLines(30)
        const abandoned = yield* Effect.forkChild(source.awaitLines(500), { startImmediately: true })
        yield* Fiber.interrupt(abandoned)
        yield* push(lines("a"))
        yield* source.awaitLines(hourMs)
        expect((yield* source.claim(newClaimId(), limits))?.lines).toEqual(lines("a"))
      })
  )
}

await onEveryQueue(suite)
