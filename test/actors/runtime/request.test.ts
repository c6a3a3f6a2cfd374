/** A request returns a receipt for the whole batch, sent in parts if necessary; a receipt that does not account for all events is a failure. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { Self } from "../../../actors/runtime/actor-context.ts"
import { Deadline } from "../../../actors/runtime/deadline.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { requests } from "../../../actors/runtime/inbox/requests.ts"
import { makeMailbox } from "../../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../../actors/runtime/metrics.ts"
import { ask } from "../../../actors/runtime/request.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { EnrichedBatch, RawBatch, Receipt, Rejection } from "../../../contracts/batch.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { encode, maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"

const batchOf = (sizes: ReadonlyArray<number>): EnrichedBatch => ({
  id: newBatchId(),
  digest: emptyDigest,
  claimed: 1,
  enriched: 2,
  events: sizes.map((size, index) => ({
    index,
    topic: Topic.make("events"),
    value: new Uint8Array(size).fill(65),
    received: 3
  }))
})

/** Asks a bridge with that handler; returns the result and the sizes of the batches that the bridge received. */
const asking = (batch: EnrichedBatch, answer: (batch: EnrichedBatch) => Effect.Effect<Receipt, Failure>) => {
  const seen: Array<number> = []
  const meter = makeMeter("bridge")
  const mailbox = makeMailbox({ concurrency: 4, capacity: 8 }, meter, (part: EnrichedBatch) => {
    seen.push(part.events.length)
    return answer(part)
  })
  const program = Effect.scoped(
    Effect.gen(function* () {
      yield* requests(Store).open(mailbox)
      const askBridge = yield* ask(Store, "enricher")
      return { result: yield* Effect.result(askBridge(batch)), seen }
    })
  ).pipe(
    Effect.provideService(MessageBus, makeInProcess()),
    Effect.provideService(
      Self,
      Self.of({ name: "x", meter, health: makeHealth(), announce: () => {}, announced: () => undefined })
    )
  )
  return program
}

const receiptOf = ({ id, digest }: EnrichedBatch, stored: number): Receipt => ({
  digest,
  id,
  stored,
  placements:
    stored === 0 ? [] : [{ topic: Topic.make("events"), partition: 0, offset: "0", count: stored, at: 1 }],
  rejected: []
})

const tooMuch = new Uint8Array(maxMessageBytes + 1)
const encoded = (request: EnrichedBatch): Uint8Array =>
  encode({ receipt: receiptOf(request, request.events.length) })

/** Asks a responder that answers with these bytes. */
const onBus = (answer: (request: EnrichedBatch) => Uint8Array, batch: EnrichedBatch) => {
  const bus = makeInProcess()
  return Effect.scoped(
    Effect.gen(function* () {
      yield* bus.serve(Store.subject, Store.queue, ({ payload }) =>
        Effect.sync(() => answer(Store.read(payload)))
      )
      return yield* Effect.result((yield* ask(Store, "enricher"))(batch))
    })
  ).pipe(Effect.provideService(MessageBus, bus))
}

const storesAll = (batch: EnrichedBatch): Effect.Effect<Receipt> =>
  Effect.succeed(receiptOf(batch, batch.events.length))

describe("ask", () => {
  test("returns the receipt", async () => {
    const batch = batchOf([10, 20, 30])
    const { result, seen } = await Effect.runPromise(asking(batch, storesAll))
    expect(result).toMatchObject({ success: { id: batch.id, stored: 3, rejected: [] } })
    expect(seen).toEqual([3])
  })

  test("a batch too large for one message is sent in parts and returns one receipt", async () => {
    const batch = batchOf(Array.from({ length: 8 }, () => maxMessageBytes / 5))
    const { result, seen } = await Effect.runPromise(asking(batch, storesAll))
    expect(result).toMatchObject({ success: { id: batch.id, stored: 8, rejected: [] } })
    expect(seen).toEqual([4, 4])
  })

  test("an event too large for any message is rejected alone", async () => {
    const batch = batchOf([10, maxMessageBytes + 1, 10])
    const { result } = await Effect.runPromise(asking(batch, storesAll))
    const rejected = [{ index: 1, topic: "events", stage: "enricher", reason: "too large" }]
    expect(result).toMatchObject({ success: { stored: 2, rejected } })
  })

  test("a batch whose answer is too large is sent in parts too", async () => {
    const batch = batchOf([1, 1, 1, 1])
    const program = onBus((request) => (request.events.length > 1 ? tooMuch : encoded(request)), batch)
    expect(await Effect.runPromise(program)).toMatchObject({
      success: { id: batch.id, stored: 4, rejected: [] }
    })
  })

  test("an event whose answer is too large may be stored: it is not rejected, it waits", async () => {
    for (const sizes of [[1], [1, 1, 1], [maxMessageBytes - 1_000], []]) {
      const result = await Effect.runPromise(onBus(() => tooMuch, batchOf(sizes)))
      expect(result).toMatchObject({ failure: { reason: "unavailable", infrastructure: true } })
    }
  })

  test("the details of rejections are shortened so that the answer fits a message", async () => {
    const detail = "much ".repeat(maxMessageBytes)
    const refuses = ({ id, events }: EnrichedBatch): Effect.Effect<Receipt> => {
      const rejected = events.map(({ index, topic }): Rejection => {
        return { index, topic, stage: "enricher", reason: "not enriched", detail }
      })
      return Effect.succeed({ id, digest: emptyDigest, stored: 0, placements: [], rejected })
    }
    const refused = await Effect.runPromise(asking(batchOf([1, 1]), refuses))
    expect(refused.result).toMatchObject({
      success: {
        rejected: [0, 1].map((index) => ({ index, detail: expect.stringMatching(/^much .{995}…$/) }))
      }
    })
    expect(refused.seen).toEqual([2])
    const crashed = await Effect.runPromise(asking(batchOf([1, 1]), () => Effect.die(new Error(detail))))
    expect(crashed.result).toMatchObject({ failure: { reason: "crashed" } })
  })

  test("a receipt that does not account for every event is a failure", async () => {
    const batch = batchOf([1, 1])
    const forgets = (asked: EnrichedBatch) => Effect.succeed(receiptOf(asked, 1))
    const { result } = await Effect.runPromise(asking(batch, forgets))
    expect(result).toMatchObject({ failure: { reason: "unreadable", infrastructure: true } })
  })

  test("a receipt without a placement for each stored event is a failure", async () => {
    const misplaces = (asked: EnrichedBatch) => Effect.succeed({ ...receiptOf(asked, 2), placements: [] })
    const { result } = await Effect.runPromise(asking(batchOf([1, 1]), misplaces))
    expect(result).toMatchObject({ failure: { reason: "unreadable", infrastructure: true } })
  })

  test("a batch without events is sent too, and probes the path", async () => {
    const free = await Effect.runPromise(asking(batchOf([]), storesAll))
    expect(free.result).toMatchObject({ success: { stored: 0, rejected: [] } })
    expect(free.seen).toEqual([0])
    const away = new Failure({ reason: "unavailable", message: "no log" })
    const blocked = await Effect.runPromise(asking(batchOf([]), () => Effect.fail(away)))
    expect(blocked.result).toMatchObject({ failure: { reason: "unavailable" } })
  })

  test("a crash of the responder is returned as crashed", async () => {
    const { result } = await Effect.runPromise(asking(batchOf([1]), () => Effect.die(new Error("boom"))))
    expect(result).toMatchObject({ failure: { reason: "crashed", infrastructure: false } })
  })

  test("without a responder: no-responders, an infrastructure failure", async () => {
    const program = Effect.flatMap(ask(Store, "enricher"), (askBridge) =>
      Effect.flip(askBridge(batchOf([1])))
    )
    const failure = await Effect.runPromise(Effect.provideService(program, MessageBus, makeInProcess()))
    expect(failure).toMatchObject({ reason: "no-responders", infrastructure: true })
  })

  test("without time left before the deadline nothing is sent", async () => {
    const program = asking(batchOf([1]), storesAll).pipe(Effect.provideService(Deadline, Date.now() + 100))
    const { result, seen } = await Effect.runPromise(program)
    expect(result).toMatchObject({ failure: { reason: "expired" } })
    expect(seen).toEqual([])
  })

  test("no reply before the deadline is no-answer; a connection lost while waiting is not", async () => {
    const bus = makeInProcess()
    const late = new Uint8Array()
    const lost = new Failure({ reason: "timeout", message: "the connection was lost while waiting" })
    const askOn = (on: MessageBus["Service"]) =>
      Effect.flatMap(ask(Store, "enricher"), (askBridge) => Effect.flip(askBridge(batchOf([1])))).pipe(
        Effect.provideService(MessageBus, on),
        Effect.provideService(Deadline, Date.now() + 400)
      )
    const [noReply, loss] = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          yield* bus.serve(Store.subject, Store.queue, () => Effect.as(Effect.sleep("1 second"), late))
          return [yield* askOn(bus), yield* askOn({ ...bus, exchange: () => Effect.fail(lost) })] as const
        })
      )
    )
    expect(noReply).toMatchObject({ reason: "no-answer" })
    expect(loss).toMatchObject({ reason: "timeout" })
  })
})

describe("an event that only the newest format can hold, while an older actor is among the responders", () => {
  const large: RawBatch = {
    ...{ id: newBatchId(), digest: emptyDigest, claimed: 1 },
    events: [
      {
        ...{ index: 0, dialect: "pushtech", topic: Topic.make("events"), ts: 1, ip: "1.1.1.1" as ByteString },
        ...{ host: "h" as ByteString, pod: "p" as ByteString, path: "/a" as ByteString },
        ...{ query: "\xff".repeat(maxMessageBytes * 0.6) as ByteString, userAgent: "" as ByteString }
      }
    ]
  }
  /** Asks enrichers that serve these subjects; the old one serves the oldest subject only. */
  const asked = (subjects: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const bus = makeInProcess()
      const shared = { ...bus, dependency: { ...bus.dependency, embedded: false } }
      for (const subject of subjects)
        yield* bus.serve(subject, Enrich.queue, ({ payload }) => {
          const { id, digest, events } = Enrich.read(payload)
          const placements = [{ topic: Topic.make("events"), partition: 0, offset: "0", count: 1, at: 1 }]
          return Effect.succeed(
            encode({ v: 2, receipt: { id, digest, stored: events.length, placements, rejected: [] } })
          )
        })
      const askEnricher = yield* Effect.provideService(ask(Enrich, "drainer"), MessageBus, shared)
      return yield* Effect.result(askEnricher(large))
    }).pipe(Effect.scoped, Effect.runPromise)

  test("is sent to the newer ones", async () => {
    expect(await asked(["spoor.enrich", "spoor.enrich.2"])).toMatchObject({ success: { stored: 1 } })
  })

  test("waits without them", async () => {
    expect(await asked(["spoor.enrich"])).toMatchObject({ failure: { reason: "unavailable" } })
  })
})
