/** What a running actor says of itself on the bus: each subject it serves with the formats it reads and their schemas. */
import { expect, test } from "bun:test"
import { Context, Effect } from "effect"
import { make } from "../../../actors/runtime/actor.ts"
import { messageBus } from "../../../actors/runtime/dependencies.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { requests } from "../../../actors/runtime/inbox/requests.ts"
import { registerOnBus } from "../../../actors/runtime/nats-registration.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { discover } from "../../../bridge/message-bus/micro-service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { mergeReceipts, type RawBatch } from "../../../contracts/batch.ts"
import { emptyDigest, newBatchId } from "../../../contracts/ids.ts"
import { Enrich } from "../../../contracts/requests.ts"
import { run } from "../../bridge/message-bus/support.ts"

test("an actor that serves a conversation names formats, schemas, its ops server and its restarts", () =>
  run(
    Effect.gen(function* () {
      const bus = makeInProcess()
      const actor = make(
        "enricher",
        { summary: "A test.", receives: requests(Enrich), sends: "nothing", requires: [messageBus] as const },
        Effect.succeed((batch: RawBatch) => Effect.succeed(mergeReceipts(batch, [])))
      )
      const health = makeHealth()
      const context = Context.make(MessageBus, bus) as Context.Context<never>
      const running = yield* start(actor, context, health, () => {})
      yield* registerOnBus(running, health, [], "http://host:1").pipe(Effect.provideService(MessageBus, bus))

      const metadata = {
        formats: "1,2",
        schema: "/contracts/raw-batch.2.json",
        reply_schema: "/contracts/reply.2.json"
      }
      const [info] = yield* discover(bus, "info")
      expect(info).toMatchObject({
        name: "enricher",
        id: running.instance,
        metadata: { ops: "http://host:1" }
      })
      expect(info?.endpoints).toEqual([
        { name: "messages", subject: "spoor.enrich", queue_group: "enrich", metadata },
        { name: "messages-2", subject: "spoor.enrich.2", queue_group: "enrich", metadata }
      ])

      const payload = Enrich.write({ id: newBatchId(), digest: emptyDigest, claimed: 1, events: [] })
      const reply = yield* bus.exchange({
        ...{ subject: "spoor.enrich.2", payload, format: 2 },
        deadline: Date.now() + 5_000
      })
      expect([reply.format, reply.instance]).toEqual([2, running.instance])

      const [stats] = yield* discover(bus, "stats")
      expect(stats?.endpoints.map(({ data }) => data)).toEqual([
        expect.objectContaining({ state: "up", restarts: 0 }),
        undefined
      ])
    })
  ))
