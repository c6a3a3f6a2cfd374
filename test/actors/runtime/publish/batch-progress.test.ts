/** Facts: one small message per topic and stage, for whoever watches. */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber, Schema, Stream } from "effect"
import { publishFacts } from "../../../../actors/runtime/publish/batch-progress.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import { newBatchId, Topic } from "../../../../contracts/ids.ts"
import { decode } from "../../../../contracts/messages/msgpack.ts"
import { Fact } from "../../../../contracts/requests.ts"

describe("facts", () => {
  test("are published per topic with their counts and reasons", async () => {
    const bus = makeInProcess()
    const [events, clicks] = [Topic.make("events"), Topic.make("clicks")]
    const id = newBatchId()
    const seen = await Effect.runPromise(
      Effect.gen(function* () {
        const tell = yield* publishFacts
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
      fact: Schema.decodeUnknownSync(Fact)(decode(payload))
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
