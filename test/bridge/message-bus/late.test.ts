/**
 * Late deliveries of an abandoned connection to NATS. A late request is served like any other, because clocks of machines
 * differ and only the remaining time is sent: at worst a batch is stored again with the same event ids, so consumers count
 * it once. Its reply reaches no requester, and is never used for another request.
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
  test("a request is served, and its reply reaches no requester", () =>
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

  test("a reply is not used for a later request", () =>
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
