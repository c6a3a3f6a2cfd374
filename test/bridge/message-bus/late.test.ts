/**
 * Late deliveries of an abandoned connection to NATS. A late request is served like any other, because clocks of machines
 * differ and only the remaining time is sent: at worst a batch is stored again with the same event ids, so consumers count
 * it once. Its reply reaches no requester, and is never used for another request.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import { startProxy } from "../../faults/tcp-proxy.ts"
import { canStartNats, type NatsTransport, natsTransports, privateNats } from "../../support/nats.ts"
import { connected } from "./connected.ts"
import { anHour, bytes, failed, newSubject, run, soon, text } from "./support.ts"

const throughProxy = Effect.fnUntraced(function* (transport: NatsTransport) {
  const nats = yield* Effect.acquireRelease(
    Effect.promise(() => privateNats("", transport)),
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
    proxied: yield* connected(nats.url.replace(/\d+$/, String(proxy.port)))
  }
})

/** The text that a client sends: over WebSocket, without the masks of its frames. */
const textIn = (data: Buffer, transport: NatsTransport): string => {
  if (transport === "tcp") return data.toString("latin1")
  let text = ""
  for (let at = 0; at + 2 <= data.length; ) {
    const short = (data[at + 1] ?? 0) & 0x7f
    const length = short === 126 ? data.readUInt16BE(at + 2) : short
    const mask = at + (short === 126 ? 4 : 2)
    for (let i = 0; i < length; i++)
      text += String.fromCharCode((data[mask + 4 + i] ?? 0) ^ (data[mask + (i % 4)] ?? 0))
    at = mask + 4 + length
  }
  return text
}

describe.skipIf(!canStartNats).each([...natsTransports])("delivered late to NATS over %s:", (transport) => {
  test("a request is served, and its reply reaches no requester", () =>
    run(
      Effect.gen(function* () {
        const { proxy, straight, proxied } = yield* throughProxy(transport)
        const subject = newSubject()
        const got: Array<string> = []
        yield* straight.serve(subject, "q", ({ payload }) => {
          got.push(text(payload))
          return Effect.succeed(bytes(`answer to ${text(payload)}`))
        })
        const stranded = proxy.strand(
          ({ direction, data }) => direction === "up" && textIn(data, transport).includes("caught")
        )
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
        const { proxy, straight, proxied } = yield* throughProxy(transport)
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
