import { describe, expect, test } from "bun:test"
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import { PushBatcher, type PushLimits, standardPushLimits } from "../../gateway/push-batcher.ts"

/** A queue whose pushes are settled by the test. */
const heldQueue = (limits: Partial<PushLimits> = {}) => {
  const pushes: Array<{ lines: ReadonlyArray<string>; done: () => void; fail: (cause: unknown) => void }> = []
  const waiters: Array<() => void> = []
  const batch = new PushBatcher(
    (lines) =>
      new Promise((resolve, reject) => {
        pushes.push({ lines: [...lines], done: resolve, fail: reject })
        for (const wake of waiters.splice(0)) wake()
      }),
    { ...standardPushLimits, ...limits }
  )
  const push = async (index: number) => {
    while (pushes.length <= index) await new Promise<void>((resolve) => waiters.push(resolve))
    const one = pushes[index]
    if (one === undefined) throw new Error("no such push")
    return one
  }
  return { add: (line: string) => batch.add(line as ByteString), batch, push, pushes }
}

const reasonOf = (cause: unknown): string => (cause instanceof Failure ? cause.reason : String(cause))

describe("a push of several requests", () => {
  test("lines that arrive together are pushed together, in order", async () => {
    const { add, push, pushes, batch } = heldQueue()
    const all = Promise.all([add("a"), add("b"), add("c")])
    const first = await push(0)
    expect(first.lines).toEqual(["a", "b", "c"])
    expect(batch.pending()).toEqual({ lines: 3, bytes: 3 })
    first.done()
    await all
    expect(pushes.length).toBe(1)
    await batch.drain()
    expect(batch.pending()).toEqual({ lines: 0, bytes: 0 })
  })

  test("a push has at most its bytes, and takes a single line of any size", async () => {
    const { add, push } = heldQueue({ maxBatchBytes: 5 })
    const all = Promise.all(["aaa", "bb", "c", "dddddddd", "e"].map(add))
    for (const [index, lines] of [["aaa", "bb"], ["c"], ["dddddddd"], ["e"]].entries()) {
      const one = await push(index)
      expect(one.lines).toEqual(lines)
      one.done()
    }
    await all
  })

  test("no caller is answered before its push is done", async () => {
    const { add, push } = heldQueue()
    let answered = false
    const one = add("a").then(() => {
      answered = true
    })
    const first = await push(0)
    await new Promise((resolve) => setImmediate(resolve))
    expect(answered).toBe(false)
    first.done()
    await one
    expect(answered).toBe(true)
  })

  test("while a push is in flight, lines are collected for the next one", async () => {
    const { add, push, pushes } = heldQueue()
    const a = add("a")
    const first = await push(0)
    const rest = [add("b"), add("c")]
    await new Promise((resolve) => setImmediate(resolve))
    expect(pushes.length).toBe(1)
    first.done()
    const second = await push(1)
    expect(second.lines).toEqual(["b", "c"])
    second.done()
    await Promise.all([a, ...rest])
  })

  test("a full batch is pushed concurrently, up to the limit", async () => {
    const { add, push, pushes } = heldQueue({ maxBatchLines: 2, maxPushes: 2 })
    const all = [add("a"), add("b"), add("c"), add("d"), add("e"), add("f")]
    const first = await push(0)
    const second = await push(1)
    expect([first.lines, second.lines]).toEqual([
      ["a", "b"],
      ["c", "d"]
    ])
    await new Promise((resolve) => setImmediate(resolve))
    expect(pushes.length).toBe(2)
    second.done()
    ;(await push(2)).done()
    first.done()
    await Promise.all(all)
  })

  test("a failed push rejects its own callers only", async () => {
    const { add, push, batch } = heldQueue()
    const lost = add("a").catch(reasonOf)
    const first = await push(0)
    const kept = add("b")
    first.fail(new Failure({ reason: "unreadable", message: "not these" }))
    expect(await lost).toBe("unreadable")
    ;(await push(1)).done()
    await kept
    expect(batch.pending().lines).toBe(0)
  })

  test("when the queue is unavailable, waiting lines fail with the failed push", async () => {
    const { add, push, pushes, batch } = heldQueue({ maxPushes: 1 })
    const a = add("a")
    const first = await push(0)
    const waiting = [add("b"), add("c")]
    first.fail(new Failure({ reason: "timeout", message: "no answer" }))
    const outcomes = await Promise.allSettled([a, ...waiting])
    expect(outcomes.map((one) => (one.status === "rejected" ? reasonOf(one.reason) : one.status))).toEqual([
      "timeout",
      "timeout",
      "timeout"
    ])
    await batch.drain()
    expect(pushes.length).toBe(1)
    expect(batch.pending()).toEqual({ lines: 0, bytes: 0 })
  })

  test("a push that throws at once is a failed push", async () => {
    const batch = new PushBatcher(() => {
      throw new Failure({ reason: "unavailable", message: "no queue" })
    })
    expect(await batch.add("a" as ByteString).catch(reasonOf)).toBe("unavailable")
    await batch.drain()
  })
})

describe("limits", () => {
  test("a line over the limit of pending lines is refused at once, and accepted when there is room again", async () => {
    const { add, push } = heldQueue({ maxPendingLines: 2 })
    const kept = [add("a"), add("b")]
    expect(await add("c").catch(reasonOf)).toBe("busy")
    ;(await push(0)).done()
    await Promise.all(kept)
    const again = add("c")
    ;(await push(1)).done()
    await again
  })

  test("pending bytes are limited too", async () => {
    const { add, push } = heldQueue({ maxPendingBytes: 10 })
    const kept = add("12345678")
    expect(await add("123").catch(reasonOf)).toBe("busy")
    const more = add("12")
    ;(await push(0)).done()
    await Promise.all([kept, more])
  })
})

test("drain waits for pending lines, and resolves at once when there are none", async () => {
  const { add, push, batch } = heldQueue()
  await batch.drain()
  const events: Array<string> = []
  const one = add("a")
  const drained = batch.drain().then(() => events.push("drained"))
  const first = await push(0)
  events.push("pushed")
  first.done()
  await one
  await drained
  expect(events).toEqual(["pushed", "drained"])
})
