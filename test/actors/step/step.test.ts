/** A step in TypeScript beside the enricher on one bus: its parameters are in the records that the bridge gets. */
import { expect, test } from "bun:test"
import { Buffer } from "node:buffer"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ConfigProvider, Context, Effect } from "effect"
import { Enricher } from "../../../actors/enricher.ts"
import type { Actor } from "../../../actors/runtime/actor.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { ask } from "../../../actors/runtime/request.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { step } from "../../../actors/step/step.ts"
import { GeoIp } from "../../../bridge/geo-ip/service.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { RawBatch, Receipt } from "../../../contracts/batch.ts"
import type { ByteString, RawEvent } from "../../../contracts/event.ts"
import { emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { encode } from "../../../contracts/messages/msgpack.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const topic = Topic.make("events")
const bytes = (text: string) => text as ByteString

const event = (query: string, index: number): RawEvent => ({
  index,
  dialect: "pushtech",
  topic,
  ip: "203.0.113.7",
  ts: 1_795_206_900_000,
  host: bytes("h"),
  pod: bytes("p"),
  path: bytes("/t/buy"),
  query: bytes(query),
  userAgent: bytes("curl/8")
})

const score = step("score", {
  summary: "Scores purchases.",
  add: (seen) => {
    if (seen.param("price") === "broken") throw new Error("no model for this price")
    return seen.param("price") === undefined
      ? {}
      : { score: String(Number(seen.param("price")) / 10), score_by: seen.meta("type") }
  }
})

/** Enriches events with these settings; returns the receipt and the queries of the records that the bridge got. */
const enriched = (steps: string, events: ReadonlyArray<RawEvent>, responder: Actor = score) =>
  Effect.scoped(
    Effect.gen(function* () {
      const bus = makeInProcess()
      const queries: Array<string> = []
      yield* bus.serve(Store.subject, Store.queue, ({ payload }) =>
        Effect.sync(() => {
          const { id, digest, events: records } = Store.read(payload)
          for (const { value } of records)
            queries.push(Buffer.from(value).toString("latin1").split(" ")[2] ?? "")
          const stored = records.length
          const placements = stored === 0 ? [] : [{ topic, partition: 0, offset: "0", count: stored, at: 1 }]
          return encode({ receipt: { id, digest, stored, placements, rejected: [] } satisfies Receipt })
        })
      )
      const place = { country: "DE", city: "XX" }
      const context = Context.make(MessageBus, bus).pipe(
        Context.add(GeoIp, GeoIp.of({ locate: () => place } as unknown as GeoIp["Service"]))
      )
      const health = makeHealth()
      yield* start(responder, context, health, () => {})
      yield* start(Enricher, context, health, () => {})
      const batch: RawBatch = { id: newBatchId(), digest: emptyDigest, claimed: 1, events }
      const askEnricher = yield* ask(Enrich, "drainer").pipe(Effect.provideService(MessageBus, bus))
      return { receipt: yield* askEnricher(batch), queries }
    })
  ).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({ ENRICH_STEPS: steps })),
    Effect.runPromise
  )

const events = ["price=5", "e", "price=broken"].map(event)

test("an optional step adds parameters; an event that it cannot handle goes on without them", async () => {
  const { receipt, queries } = await enriched("score", events)
  expect(queries).toEqual(["score=0.5&score_by=Bot&price=5", "e", "price=broken"])
  expect(receipt).toMatchObject({ stored: 3, rejected: [] })
})

test("a required step rejects an event that it cannot handle, and only that", async () => {
  const { receipt, queries } = await enriched("score:required", events)
  expect(queries).toEqual(["score=0.5&score_by=Bot&price=5", "e"])
  expect(receipt).toMatchObject({
    stored: 2,
    rejected: [
      {
        index: 2,
        reason: "not enriched",
        detail: "the enrichment step score: Error: no model for this price"
      }
    ]
  })
})

test("a batch without events probes the step and the bridge", async () => {
  expect((await enriched("score:required", [])).receipt).toMatchObject({ stored: 0, rejected: [] })
  await expect(enriched("missing:required", [])).rejects.toThrow("no responder serves spoor.step.missing")
})

test("without ENRICH_STEPS the step is not asked", async () => {
  expect((await enriched("", events)).queries).toEqual(["price=5", "e", "price=broken"])
})

test("the example of actors/README.md adds what it says", async () => {
  const readme = readFileSync(join(root, "actors", "README.md"), "utf8")
  const [, code = ""] = /<!-- step example -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  mkdirSync(join(root, ".cache"), { recursive: true })
  const folder = mkdtempSync(join(root, ".cache", "step-example-"))
  const file = join(folder, "basket.ts")
  writeFileSync(file, code.replaceAll('"./', `"${root}/actors/`))
  const { Basket } = (await import(file)) as { Basket: Actor }
  rmSync(folder, { recursive: true })
  const purchase = (query: string, index: number) => ({ ...event(query, index), path: bytes("/t/purchase") })
  const { queries } = await enriched(
    "basket",
    [...["total=5", "total=99", "e"].map(purchase), event("total=5", 3)],
    Basket
  )
  expect(queries).toEqual(["basket=small&total=5", "basket=medium&total=99", "e", "total=5"])
})
