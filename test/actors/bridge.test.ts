/** The bridge, asked by an enricher: it stores a part of a batch once, and answers probes. */
import { describe, expect, test } from "bun:test"
import { Context, Effect, Fiber } from "effect"
import { Bridge } from "../../actors/bridge.ts"
import { makeHealth } from "../../actors/runtime/health.ts"
import { ask } from "../../actors/runtime/request.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { type Appended, EventLog, type NewRecord } from "../../bridge/event-log/service.ts"
import { makeInProcess } from "../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import type { EnrichedBatch, Receipt } from "../../contracts/batch.ts"
import { Failure } from "../../contracts/failure.ts"
import { emptyDigest, newBatchId, Topic } from "../../contracts/ids.ts"
import { Store } from "../../contracts/requests.ts"
import { eventually } from "../support/eventually.ts"

const topic = Topic.make("events")

const batchOf = (...places: ReadonlyArray<number>): EnrichedBatch => ({
  id: newBatchId(),
  digest: emptyDigest,
  claimed: 1,
  enriched: 2,
  events: places.map((index) => ({ index, topic, value: new Uint8Array([65]), received: 3 }))
})

type Append = (records: ReadonlyArray<NewRecord>) => Effect.Effect<ReadonlyArray<Appended>, Failure>

const away = new Failure({ reason: "unavailable", message: "no log" })

/** Runs the bridge on a log with this append and this health check. */
const withBridge = <A>(
  log: { readonly append: Append; readonly check?: Effect.Effect<void, Failure> },
  body: (askBridge: (batch: EnrichedBatch) => Effect.Effect<Receipt, Failure>) => Effect.Effect<A, unknown>
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const bus = makeInProcess()
        const check = log.check ?? Effect.void
        const context = Context.make(MessageBus, bus).pipe(
          Context.add(
            EventLog,
            EventLog.of({
              dependency: { kind: "test", embedded: true, address: "here", check },
              ensureTopics: () => Effect.void,
              partitions: (topics) => Effect.succeed(new Map(topics.map((topic) => [topic, 1]))),
              append: log.append,
              read: () => Effect.never,
              scan: () => Effect.succeed(false)
            })
          )
        )
        yield* start(Bridge, context, makeHealth(), () => {})
        return yield* body(yield* Effect.provideService(ask(Store, "enricher"), MessageBus, bus))
      })
    )
  )

/** A log that counts its appends and stores the records one after the other. */
const counting = () => {
  const appended: Array<number> = []
  let end = 0
  const append: Append = (records) =>
    Effect.sync(() => {
      appended.push(records.length)
      return records.map(() => ({ stored: true as const, partition: 0, offset: String(end++) }))
    })
  return { appended, append }
}

describe("bridge", () => {
  test("the same part of a batch sent again gets the same receipt and is stored once; another part is stored", async () => {
    const { appended, append } = counting()
    const batch = batchOf(0, 1, 2)
    const part = { ...batch, events: batch.events.slice(0, 2) }
    const receipts = await withBridge({ append }, (askBridge) =>
      Effect.forEach([batch, batch, part, { ...batch, id: newBatchId() }], askBridge)
    )
    expect(receipts[1]).toEqual(receipts[0] as never)
    expect(receipts[2]).toMatchObject({ stored: 2, placements: [{ offset: "3", count: 2 }] })
    expect(appended).toEqual([3, 2, 3])
  })

  test("a part sent again while the part is being stored waits for the first receipt", async () => {
    const { appended, append } = counting()
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: Append = (records) => Effect.tap(append(records), () => Effect.promise(() => gate))
    const batch = batchOf(0, 1)
    const both = await withBridge({ append: slow }, (askBridge) =>
      Effect.gen(function* () {
        const first = yield* Effect.forkChild(askBridge(batch))
        yield* Effect.promise(() => eventually("the part is being stored", () => appended.length > 0))
        const second = yield* Effect.forkChild(askBridge(batch))
        yield* Effect.yieldNow
        release()
        return [yield* Fiber.join(first), yield* Fiber.join(second)]
      })
    )
    expect(both[0]).toEqual(both[1] as never)
    expect(appended).toEqual([2])
  })

  test("a failure is not cached: the same part is stored when it is sent again", async () => {
    const { appended, append } = counting()
    let isAway = true
    const batch = batchOf(0)
    await withBridge(
      { append: (records) => (isAway ? Effect.fail(away) : append(records)) },
      Effect.fnUntraced(function* (askBridge) {
        expect(yield* Effect.flip(askBridge(batch))).toMatchObject({ reason: "unavailable" })
        isAway = false
        expect(yield* askBridge(batch)).toMatchObject({ stored: 1 })
      })
    )
    expect(appended).toEqual([1])
  })

  test("a batch without events checks the log and appends nothing", async () => {
    const { appended, append } = counting()
    let isAway = true
    const check = Effect.suspend(() => (isAway ? Effect.fail(away) : Effect.void))
    await withBridge(
      { append, check },
      Effect.fnUntraced(function* (askBridge) {
        expect(yield* Effect.flip(askBridge(batchOf()))).toMatchObject({ reason: "unavailable" })
        isAway = false
        expect(yield* askBridge(batchOf())).toMatchObject({ stored: 0, placements: [], rejected: [] })
      })
    )
    expect(appended).toEqual([])
  })

  test("a log that answers but failed its last append is unhealthy until an append succeeds", async () => {
    const { append } = counting()
    let isHanging = true
    const hung = new Failure({ reason: "timeout", message: "the broker hangs" })
    await withBridge(
      { append: (records) => (isHanging ? Effect.fail(hung) : append(records)) },
      Effect.fnUntraced(function* (askBridge) {
        yield* askBridge(batchOf())
        yield* Effect.flip(askBridge(batchOf(0)))
        expect(yield* Effect.flip(askBridge(batchOf()))).toMatchObject({ reason: "unavailable" })
        isHanging = false
        yield* askBridge(batchOf(0))
        yield* askBridge(batchOf())
      })
    )
  })
})
