/**
 * Enricher: turns raw events into records (device, place, lag) and sends them to a bridge. An event that cannot be
 * enriched is rejected alone. Its only state is caches; any number of enrichers may run.
 */
import { Clock, Effect } from "effect"
import { GeoIp } from "../bridge/geo-ip/service.ts"
import { kafkaKeyParam } from "../bridge/settings.ts"
import { mergeReceipts, type RawBatch } from "../contracts/batch.ts"
import { enrichSteps, readSteps } from "../contracts/enrichment-step.ts"
import { Enrich, Store } from "../contracts/requests.ts"
import { makeSteps } from "./enricher/steps.ts"
import * as Actor from "./runtime/actor.ts"
import { geoIp, messageBus } from "./runtime/dependencies.ts"
import { requests } from "./runtime/inbox/requests.ts"
import { publishBatchProgress } from "./runtime/publish/batch-progress.ts"
import { makeCopyPublisher, recordContent } from "./runtime/publish/event-copies.ts"
import { ask } from "./runtime/request.ts"
import { inEventSpans } from "./runtime/telemetry/event-spans.ts"
import { enrichEvents } from "./transform/enrich-events.ts"

export const Enricher = Actor.make(
  "enricher",
  {
    summary: "Adds device, country and city to events and turns them into records.",
    receives: requests(Enrich),
    sends: "batches of records to a bridge",
    requires: [messageBus, geoIp],
    settings: [kafkaKeyParam, enrichSteps],
    checks: [readSteps],
    concurrency: 16,
    waiting: 64
  },
  Effect.gen(function* () {
    const { locate } = yield* GeoIp
    const enrich = enrichEvents({ locate, keyParam: yield* kafkaKeyParam.config })
    const askBridge = yield* ask(Store, "enricher")
    const passSteps = yield* makeSteps
    const publishProgress = yield* publishBatchProgress
    const publishCopies = yield* makeCopyPublisher

    const enrichAndStore = Effect.fnUntraced(function* ({ id, digest, claimed, events, traces }: RawBatch) {
      const { enriched: records, rejected: failed } = enrich(events, claimed)
      const now = yield* Clock.currentTimeMillis
      const stepped = yield* passSteps({ id, digest, claimed, enriched: now, events: records })
      const enriched = stepped.events
      const rejected = [...failed, ...stepped.rejected]
      yield* publishProgress("enriched", id, enriched)
      yield* publishCopies("enriched", id, enriched, ({ value }) => recordContent(value))
      const batch = { id, digest }
      const own = { ...batch, stored: 0, placements: [], rejected }
      if (enriched.length === 0 && rejected.length > 0) return own
      const stored = { ...batch, claimed, enriched: now, events: enriched }
      const receipt = yield* askBridge(traces === undefined ? stored : { ...stored, traces })
      return mergeReceipts(batch, [receipt, own])
    })

    return (batch: RawBatch) => inEventSpans("enrich", batch, enrichAndStore)
  })
)
