/**
 * What a given-up connection to NATS delivers late. A request is served like any other, since machines' clocks differ and
 * only the time that was left travels with it: at the worst a batch is stored once more under the same event ids, by
 * which consumers count it once. Its answer finds nobody, and is never taken for that to another request.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import { startProxy } from "../../faults/tcp-proxy.ts"
import { canStartNats, privateNats } from "../../support/nats.ts"
import { connected } from "./connected.ts"
import { anHour, bytes, failed, newSubject, run, soon, text } from "./support.ts"

const throughProxy = Effect.gen(function* () {
  const nats = yield* Effect.acquireRelease(
    Effect.promise(() => privateNats()),
    (one) => Effect.promise(one.remove)
  )
  yield* Effect.promise(() => nats.start())
  const proxy = yield* Effect.acquireRelease(
    Effect.promise(() => startProxy(nats.port)),
    (one) => Effect.sync(one.close)
  )
  return {
    proxy,
    straight: yield* connected(nats.url),
    proxied: yield* connected(`nats://127.0.0.1:${proxy.port}`)
  }
})

describe.skipIf(!canStartNats)("delivered late to NATS:", () => {
  test("a request is served, and its answer finds nobody", () =>
    run(
      Effect.gen(function* () {
        const { proxy, straight, proxied } = yield* throughProxy
        const subject = newSubject()
        const got: Array<string> = []
        yield* straight.serve(subject, "q", ({ payload }) => {
          got.push(text(payload))
          return Effect.succeed(bytes(`answer to ${text(payload)}`))
        })
        const stranded = proxy.strand(({ direction, data }) => direction === "up" && data.includes("caught"))
        expect(yield* failed(proxied.request(subject, bytes("caught"), yield* soon))).toBe("timeout")
        const { deliver } = yield* Effect.promise(() => stranded)
        expect(got).toEqual([])
        const again = yield* Effect.forkChild(proxied.request(subject, bytes("again"), yield* anHour))
        yield* Effect.promise(deliver)
        expect(text(yield* Fiber.join(again))).toBe("answer to again")
        expect(got).toEqual(["caught", "again"])
      })
    ))

  test("an answer is not taken for that of a later request", () =>
    run(
      Effect.gen(function* () {
        const { proxy, straight, proxied } = yield* throughProxy
        const subject = newSubject()
        yield* straight.serve(subject, "q", ({ payload }) =>
          Effect.succeed(bytes(`answer to ${text(payload)}`))
        )
        const stranded = proxy.strand(
          ({ direction, data }) => direction === "down" && data.includes("answer to one")
        )
        expect(yield* failed(proxied.request(subject, bytes("one"), yield* soon))).toBe("timeout")
        const { deliver } = yield* Effect.promise(() => stranded)
        const two = yield* Effect.forkChild(proxied.request(subject, bytes("two"), yield* anHour))
        yield* Effect.promise(deliver)
        expect(text(yield* Fiber.join(two))).toBe("answer to two")
      })
    ))
})
