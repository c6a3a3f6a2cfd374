/** The wait of a drain loop without work: a few polls, then until lines come or a released batch is due. */
import { expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import { makeIdleWait } from "../../../../actors/runtime/inbox/idle-wait.ts"

/** A wait on a queue that never has lines; `asked` are the waits that the queue was asked for, milliseconds. */
const idle = () => {
  const asked: Array<number> = []
  const clock = { now: 0 }
  const awaitLines = (milliseconds: number) => {
    asked.push(milliseconds)
    return Effect.never
  }
  return { asked, clock, wait: makeIdleWait({ awaitLines }, () => clock.now) }
}

/** Begins to wait; ends the wait by a release that is due after `dueMs`. */
const releaseDuring = (wait: Effect.Effect<void>, release: () => void) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(wait, { startImmediately: true })
    yield* Effect.yieldNow
    release()
    yield* Fiber.join(fiber)
  })

test("the first polls only pause; then the queue is asked to wait for two seconds", async () => {
  const { asked, wait } = idle()
  await Effect.runPromise(wait.next(1, false))
  await Effect.runPromise(wait.next(2, false))
  expect(asked).toEqual([])
  await Effect.runPromise(releaseDuring(wait.next(3, false), () => wait.released(0)))
  expect(asked).toEqual([2000])
})

test("while a candidate waits for its turn, the loop only polls", async () => {
  const { asked, wait } = idle()
  await Effect.runPromise(wait.next(50, true))
  expect(asked).toEqual([])
})

test("a released batch ends the wait, and the next one lasts until the batch is due", async () => {
  const { asked, clock, wait } = idle()
  await Effect.runPromise(releaseDuring(wait.next(3, false), () => wait.released(300)))
  await Effect.runPromise(releaseDuring(wait.next(3, false), () => wait.released(700)))
  expect(asked).toEqual([2000, 300])
  clock.now = 290
  await Effect.runPromise(releaseDuring(wait.next(3, false), () => wait.released(5_000)))
  // Due but not found yet: the queue's clock may be behind.
  clock.now = 350
  await Effect.runPromise(releaseDuring(wait.next(3, false), () => wait.released(5_000)))
  // The first is forgotten; the second is due in 200 ms.
  clock.now = 500
  await Effect.runPromise(releaseDuring(wait.next(3, false), () => wait.released(5_000)))
  expect(asked.slice(2)).toEqual([20, 20, 200])
})
