/** A sender writes the newest format that every responder reads, and an older one as soon as somebody reads only that. */
import { describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Self } from "../../../actors/runtime/actor-context.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { requests } from "../../../actors/runtime/inbox/requests.ts"
import { makeMailbox } from "../../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../../actors/runtime/metrics.ts"
import { askIntervalMs, formatFor, negotiateFormat } from "../../../actors/runtime/negotiate-format.ts"
import { ask } from "../../../actors/runtime/request.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { discover, register } from "../../../bridge/message-bus/micro-service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { EnrichedBatch, RawBatch, Receipt } from "../../../contracts/batch.ts"
import { Failure } from "../../../contracts/failure.ts"
import { emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { formatOf, peekFormat } from "../../../contracts/messages/format.ts"
import { decode, encode } from "../../../contracts/messages/msgpack.ts"
import { readReply, writeReply } from "../../../contracts/messages/reply.ts"
import { type Conversation, Enrich, Store } from "../../../contracts/requests.ts"
import { run } from "../../bridge/message-bus/support.ts"

type Bus = MessageBus["Service"]

/** A bus that several processes share, as far as its users know. */
const sharedBus = (): Bus => {
  const bus = makeInProcess()
  return { ...bus, dependency: { ...bus.dependency, embedded: false } }
}

const rawBatch = (): RawBatch => ({ id: newBatchId(), digest: emptyDigest, claimed: 1, events: [] })
const emptyReceipt = ({ id, digest }: Pick<Receipt, "id" | "digest">): Receipt => {
  return { id, digest, stored: 0, placements: [], rejected: [] }
}

interface Fake {
  readonly id: string
  /** By subject: the formats in its metadata; null for an endpoint without any, as of 0.4.0. */
  readonly serves: Readonly<Record<string, string | null>>
}

const servicesOf = ({ id, serves }: Fake, queue: string) => ({
  name: "enricher",
  id,
  version: "9.8.7",
  description: "",
  metadata: {},
  stats: Effect.succeed(
    Object.entries(serves).map(([subject, formats], i) => ({
      ...{ name: `e${i}`, subject, queue, requests: 0, errors: 0, lastError: "", processingTime: 0 },
      ...(formats === null ? {} : { metadata: { formats } })
    }))
  )
})

/** A responder that registers itself and answers empty batches with their receipt; `seen` gets the formats. */
const respond = <Request extends Pick<Receipt, "id" | "digest">>(
  bus: Bus,
  fake: Fake,
  conversation: Conversation<Request>,
  seen: Array<string>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* register(servicesOf(fake, conversation.queue)).pipe(Effect.provideService(MessageBus, bus))
    for (const subject of Object.keys(fake.serves))
      yield* bus.serve(subject, conversation.queue, ({ payload, format }) =>
        Effect.sync(() => {
          seen.push(`${fake.id} ${subject} v${formatOf(decode(payload))} header ${format ?? "none"}`)
          return writeReply({ receipt: emptyReceipt(conversation.read(payload)) }, 1)
        })
      )
  }).pipe(Effect.orDie)

const both = { "spoor.enrich": "1,2", "spoor.enrich.2": "1,2" }
const old = { "spoor.enrich": null }

describe("the newest format that all responders read", () => {
  const found = (...fakes: ReadonlyArray<Fake>) =>
    run(
      Effect.gen(function* () {
        const bus = sharedBus()
        for (const fake of fakes)
          yield* register(servicesOf(fake, "enrich")).pipe(Effect.provideService(MessageBus, bus))
        return formatFor(yield* discover(bus, "info"), Enrich)
      })
    )

  test("is 2 when all say so", async () => {
    const choice = await found({ id: "a", serves: both }, { id: "b", serves: both })
    expect(choice).toEqual({ format: 2, why: "all 2 actors that serve it read this format" })
  })

  test("is 1 while an actor of 0.4.0 is among them, and the reason names it", async () => {
    const choice = await found({ id: "a", serves: both }, { id: "b", serves: old })
    expect(choice).toEqual({ format: 1, why: "enricher 9.8.7 (b) reads only the formats 1" })
  })

  test("is 1 when an actor says 2 without serving its subject", async () => {
    expect(await found({ id: "a", serves: { "spoor.enrich": "1,2" } })).toMatchObject({ format: 1 })
  })

  test("is 2 with actors that are newer and read 3 and 2", async () => {
    expect(await found({ id: "a", serves: { "spoor.enrich.2": "2,3" } })).toMatchObject({ format: 2 })
  })

  test("is unknown when nobody serves the conversation", async () => {
    expect(await found({ id: "a", serves: { "spoor.store": "1,2" } })).toBeUndefined()
    expect(await found()).toBeUndefined()
  })
})

describe("a sender", () => {
  test("asks before its first request, and writes format 1 at once when nobody serves 2", () =>
    run(
      Effect.gen(function* () {
        const bus = sharedBus()
        const seen: Array<string> = []
        const askEnricher = yield* Effect.provideService(ask(Enrich, "drainer"), MessageBus, bus)
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* respond(bus, { id: "new", serves: both }, Enrich, seen)
            yield* askEnricher(rawBatch())
            expect(seen).toEqual(["new spoor.enrich.2 v2 header 2"])
          })
        )
        yield* respond(bus, { id: "old", serves: old }, Enrich, seen)
        yield* askEnricher(rawBatch())
        expect(seen.at(-1)).toBe("old spoor.enrich v1 header 1")
      })
    ))

  test("writes format 1 when nobody answers the question", () =>
    run(
      Effect.gen(function* () {
        const bus = sharedBus()
        const choice = negotiateFormat(bus, Enrich)
        expect(yield* choice.current).toBe(1)
        const mute = {
          ...bus,
          requestMany: () => Effect.fail(new Failure({ reason: "unavailable", message: "x" }))
        }
        expect(yield* negotiateFormat(mute, Enrich).current).toBe(1)
      })
    ))

  test("within one process writes the newest at once, and asks nobody", () =>
    run(
      Effect.gen(function* () {
        const bus = makeInProcess()
        const seen: Array<string> = []
        yield* respond(bus, { id: "own", serves: both }, Enrich, seen)
        yield* (yield* Effect.provideService(ask(Enrich, "drainer"), MessageBus, bus))(rawBatch())
        expect(seen).toEqual(["own spoor.enrich.2 v2 header 2"])
      })
    ))

  test("asks at its first use and at most every 10 s, however many batches it sends", () =>
    run(
      Effect.gen(function* () {
        const bus = sharedBus()
        let asked = 0
        yield* bus.serve("$SRV.INFO", undefined, () =>
          Effect.sync(() => {
            asked += 1
            return new Uint8Array()
          })
        )
        const choice = negotiateFormat(bus, Store)
        for (const expected of [1, 2, 3]) {
          for (let i = 0; i < 100; i++) {
            yield* choice.current
            yield* TestClock.adjust(askIntervalMs / 100)
          }
          expect(asked).toBe(expected)
        }
      }).pipe(Effect.provide(TestClock.layer()))
    ))

  test("told by a responder which formats it reads, writes the newest shared one, in the same request", () =>
    run(
      Effect.gen(function* () {
        const bus = sharedBus()
        const seen: Array<number | undefined> = []
        const askEnricher = yield* Effect.provideService(ask(Enrich, "drainer"), MessageBus, bus)
        // It registers format 2 and then reads only 1: a roll back between the question and the request.
        yield* register(servicesOf({ id: "a", serves: both }, "enrich")).pipe(
          Effect.provideService(MessageBus, bus)
        )
        for (const subject of Object.keys(both))
          yield* bus.serve(subject, "enrich", ({ payload }) =>
            Effect.sync(() => {
              seen.push(formatOf(decode(payload)))
              if (seen.at(-1) !== 1)
                return encode({ failure: { reason: "unreadable", message: "too new" }, formats: [1] })
              return writeReply({ receipt: emptyReceipt(Enrich.read(payload)) }, 1)
            })
          )
        yield* askEnricher(rawBatch())
        expect(seen).toEqual([2, 1])
        yield* askEnricher(rawBatch())
        expect(seen.at(-1)).toBe(1)
      })
    ))
})

describe("a reader that meets a newer format", () => {
  /** Sends a payload to a real inbox of bridges; returns the decoded reply and its header. */
  const sendTo = (payload: Uint8Array, format?: number) =>
    run(
      Effect.gen(function* () {
        const bus = makeInProcess()
        const meter = makeMeter("bridge")
        const mailbox = makeMailbox({ concurrency: 1, capacity: 2 }, meter, (batch: EnrichedBatch) =>
          Effect.succeed(emptyReceipt(batch))
        )
        const self = { name: "bridge", meter, health: makeHealth(), instance: "bridge-1" }
        yield* requests(Store)
          .open(mailbox)
          .pipe(
            Effect.provideService(MessageBus, bus),
            Effect.provideService(Self, Self.of({ ...self, announce: () => {}, announced: () => undefined }))
          )
        const reply = yield* bus.exchange({
          ...{ subject: Store.subjects[2], payload, format },
          deadline: Date.now() + 5_000
        })
        return { ...reply, decoded: decode(reply.payload) }
      })
    )
  const message = { id: newBatchId(), digest: emptyDigest, claimed: 1, enriched: 2 }
  const columns = { topics: [Topic.make("events")], numbers: [], keys: [], values: new Uint8Array() }

  test("says which formats it reads, in its newest one", async () => {
    const newer = encode({ v: 3, ...message, anything: "else" })
    const { decoded, format, instance } = await sendTo(newer, 3)
    expect(decoded).toEqual({
      v: 2,
      failure: { reason: "unreadable", message: expect.stringContaining("has format 3") },
      formats: [1, 2]
    })
    expect([format, instance]).toEqual([2, "bridge-1"])
  })

  test("replies in the format of the request otherwise, with or without the header", async () => {
    const two = encode({ v: 2, ...message, ...columns })
    const one = encode({ ...message, ...columns })
    for (const [payload, header, expected] of [
      [one, undefined, 1],
      [one, 1, 1],
      [two, undefined, 2],
      [two, 2, 2]
    ] as const) {
      const { decoded, format } = await sendTo(payload, header)
      expect([formatOf(decoded), format]).toEqual([expected, expected])
      expect(readReply(encode(decoded))).toMatchObject({ receipt: { id: message.id, stored: 0 } })
    }
  })

  test("finds the format in the first field; anything else is format 1", () => {
    expect(peekFormat(encode({ v: 2, a: 1 }))).toBe(2)
    expect(peekFormat(new Uint8Array([0x82, 0xa1, 0x76, 0x03]))).toBe(3)
    for (const bytes of [[], [0xc1], [0x81], [0x82, 0xa1, 0x77, 2], [0xde, 0, 1, 0xa1, 0x76, 0xcc, 2]])
      expect(peekFormat(new Uint8Array(bytes))).toBe(1)
  })
})
