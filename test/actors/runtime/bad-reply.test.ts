/**
 * A responder that answers garbage: no MessagePack, a receipt for another batch, too many events, twice, or never. Each is
 * a failure of ours and no attempt at the batch, and the log names the responder.
 */
import { describe, expect, test } from "bun:test"
import { connect } from "@nats-io/transport-node"
import { Effect, Logger, type Scope } from "effect"
import { Deadline } from "../../../actors/runtime/deadline.ts"
import { ask } from "../../../actors/runtime/request.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { EnrichedBatch, Receipt } from "../../../contracts/batch.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { encode } from "../../../contracts/messages/msgpack.ts"
import { writeReply } from "../../../contracts/messages/reply.ts"
import { Store } from "../../../contracts/requests.ts"
import { connected } from "../../bridge/message-bus/connected.ts"
import { canStartNats, privateNats } from "../../support/nats.ts"

type Bus = MessageBus["Service"]

const topic = Topic.make("events")
const batchOf = (count: number): EnrichedBatch => ({
  ...{ id: newBatchId(), digest: emptyDigest, claimed: 1, enriched: 2 },
  events: Array.from({ length: count }, (_, index) => ({
    ...{ index, topic, received: 3 },
    value: new Uint8Array([65])
  }))
})

const receiptOf = ({ id, digest, events }: EnrichedBatch, stored = events.length): Receipt => ({
  ...{ id, digest, stored, rejected: [] },
  placements: stored === 0 ? [] : [{ topic, partition: 0, offset: "0", count: stored, at: 1 }]
})
const reply = (receipt: Receipt): Uint8Array => writeReply({ receipt }, 2)

/** Garbage by its name, and what the log says of it. */
const garbage: Readonly<Record<string, readonly [make: (batch: EnrichedBatch) => Uint8Array, says: string]>> =
  {
    "bytes that are no MessagePack": [() => new Uint8Array([0x92]), "not valid MessagePack"],
    "nothing at all": [() => new Uint8Array(), "not valid MessagePack"],
    "a map without receipt and failure": [
      () => encode({ v: 2, hello: 1 }),
      "neither a receipt nor a failure"
    ],
    "a format of the future": [() => encode({ v: 9, receipt: {} }), "has format 9"],
    "a receipt for another batch": [
      (batch) => reply({ ...receiptOf(batch), id: newBatchId() }),
      "accounts for 2 stored"
    ],
    "a receipt for other lines": [
      (batch) => reply({ ...receiptOf(batch), digest: "00000000000000ff" as Receipt["digest"] }),
      "accounts for 2 stored"
    ],
    "too many events": [(batch) => reply(receiptOf(batch, 3)), "accounts for 3 stored"],
    "an event rejected twice": [
      (batch) => {
        const one = { index: 1, topic, stage: "bridge", reason: "refused by the log" } as const
        return reply({ ...receiptOf(batch, 0), rejected: [one, one] })
      },
      "2 rejected of 2"
    ]
  }

/** Runs the effect; returns its result and the log lines at the level Warning. */
const logged = async <A>(
  effect: Effect.Effect<A, Failure, Scope.Scope>
): Promise<readonly [A, ReadonlyArray<string>]> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn") lines.push(String(message))
  })
  return [await Effect.runPromise(Effect.scoped(effect).pipe(Effect.provide(Logger.layer([logger])))), lines]
}

const contract = (name: string, open: Effect.Effect<Bus, Failure, Scope.Scope>): void => {
  /** Asks a responder twice: it answers garbage first, and correctly afterwards. */
  const askingTwice = (make: (batch: EnrichedBatch) => Uint8Array, instance?: string) =>
    logged(
      Effect.gen(function* () {
        const bus = yield* open
        let answered = 0
        yield* bus.serve(
          Store.subject,
          Store.queue,
          ({ payload }) =>
            Effect.sync(() => {
              answered += 1
              const batch = Store.read(payload)
              return answered === 1 ? make(batch) : reply(receiptOf(batch))
            }),
          instance
        )
        const askBridge = yield* Effect.provideService(ask(Store, "enricher"), MessageBus, bus)
        const batch = batchOf(2)
        const failure = yield* Effect.flip(askBridge(batch))
        return { failure, receipt: yield* askBridge(batch), batch }
      }) as Effect.Effect<
        { readonly failure: Failure; readonly receipt: Receipt; readonly batch: EnrichedBatch },
        Failure,
        Scope.Scope
      >
    )

  describe(`garbage from a responder ${name}`, () => {
    for (const [what, [make, says]] of Object.entries(garbage))
      test(`${what}: no attempt at the batch; the log names the instance; a second try works`, async () => {
        const [{ failure, receipt, batch }, lines] = await askingTwice(make, "fake-1")
        expect(failure).toMatchObject({ reason: "unreadable", infrastructure: true })
        expect(lines).toEqual([expect.stringContaining("the reply of instance fake-1 on spoor.store")])
        expect(lines[0]).toContain(says)
        expect(receipt).toEqual(receiptOf(batch))
      })

    test("an instance that does not name itself is said to have no name", async () => {
      const [, lines] = await askingTwice(() => new Uint8Array([0xc1]))
      expect(lines).toEqual([expect.stringContaining("the reply of an instance without a name")])
    })

    test("one line in 10 s, however many replies are garbage", async () => {
      const [, lines] = await logged(
        Effect.gen(function* () {
          const bus = yield* open
          const bad = new Uint8Array([0xc1])
          yield* bus.serve(Store.subject, Store.queue, () => Effect.succeed(bad), "fake-2")
          const askBridge = yield* Effect.provideService(ask(Store, "enricher"), MessageBus, bus)
          for (let i = 0; i < 20; i++) yield* Effect.flip(askBridge(batchOf(1)))
        }) as Effect.Effect<void, Failure, Scope.Scope>
      )
      expect(lines).toHaveLength(1)
    })

    test("no reply before the deadline is no-answer, as a responder that hangs", async () => {
      const [failure] = await logged(
        Effect.gen(function* () {
          const bus = yield* open
          yield* bus.serve(Store.subject, Store.queue, () =>
            Effect.as(Effect.sleep("1 second"), new Uint8Array())
          )
          const askBridge = yield* Effect.provideService(ask(Store, "enricher"), MessageBus, bus)
          return yield* Effect.provideService(Effect.flip(askBridge(batchOf(1))), Deadline, Date.now() + 500)
        }).pipe(Effect.scoped) as Effect.Effect<Failure, Failure, Scope.Scope>
      )
      expect(failure).toMatchObject({ reason: "no-answer" })
    })
  })
}

contract("in process", Effect.sync(makeInProcess))

const server = canStartNats ? await privateNats() : undefined
await server?.start()

describe.skipIf(server === undefined)("over NATS", () => {
  contract("on NATS", connected(server?.url ?? ""))

  test("a reply that is sent twice is used once", async () => {
    const client = await connect({ servers: server?.url.slice("nats://".length) ?? "" })
    client.subscribe(Store.subject, {
      queue: Store.queue,
      callback: (_, message) => {
        const answer = reply(receiptOf(Store.read(message.data)))
        for (let i = 0; i < 2; i++) message.respond(answer)
      }
    })
    await client.flush()
    const [receipts, lines] = await logged(
      Effect.gen(function* () {
        const askBridge = yield* Effect.provideService(
          ask(Store, "enricher"),
          MessageBus,
          yield* connected(server?.url ?? "")
        )
        const batches = [batchOf(2), batchOf(3), batchOf(1)]
        const found = yield* Effect.forEach(batches, askBridge)
        return found.map((receipt, i) => [receipt, receiptOf(batches[i] ?? batchOf(0))] as const)
      })
    )
    for (const [receipt, expected] of receipts) expect(receipt).toEqual(expected)
    expect(lines).toEqual([])
    await client.close()
    await server?.remove()
  })
})
