/** Batch progress: one small message per topic and stage, for observers. */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber, Schema, Stream } from "effect"
import { publishBatchProgress } from "../../../../actors/runtime/publish/batch-progress.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import { BatchProgress } from "../../../../contracts/batch-progress.ts"
import { newBatchId, Topic } from "../../../../contracts/ids.ts"
import { decode } from "../../../../contracts/messages/msgpack.ts"

describe("batch progress", () => {
  test("is published per topic with counts and reasons", async () => {
    const bus = makeInProcess()
    const [events, clicks] = [Topic.make("events"), Topic.make("clicks")]
    const id = newBatchId()
    const seen = await Effect.runPromise(
      Effect.gen(function* () {
        const tell = yield* publishBatchProgress
        const watching = yield* Effect.forkChild(
          Stream.runCollect(Stream.take(bus.subscribe("spoor.events.>"), 3)),
          {
            startImmediately: true
          }
        )
        yield* tell("stored", id, [{ topic: events }, { topic: clicks }, { topic: events }])
        yield* tell("rejected", id, [
          { topic: events, reason: "empty" },
          { topic: events, reason: "no path" },
          { topic: events, reason: "empty" }
        ])
        return yield* Fiber.join(watching)
      }).pipe(Effect.provideService(MessageBus, bus))
    )
    const facts = seen.map(({ subject, payload }) => ({
      subject,
      fact: Schema.decodeUnknownSync(BatchProgress)(decode(payload))
    }))
    expect(facts).toMatchObject([
      {
        subject: "spoor.events.stored.events",
        fact: { stage: "stored", topic: "events", batch: id, count: 2 }
      },
      { subject: "spoor.events.stored.clicks", fact: { count: 1 } },
      { subject: "spoor.events.rejected.events", fact: { count: 3, reasons: { empty: 2, "no path": 1 } } }
    ] as never)
  })
})
