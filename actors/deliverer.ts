/**
 * Deliverer: makes the deliveries of rules: HTTP calls to targets, events to the queue, messages to devices. What cannot be
 * delivered becomes a dead letter. Keeps no state; any number may run.
 */
import { Duration, Effect } from "effect"
import { IngestQueue } from "../bridge/ingest-queue/service.ts"
import { makeOutgoingHttp } from "../bridge/outgoing-http/outgoing-http.ts"
import { ReactionStore } from "../bridge/reaction-store/service.ts"
import { eventIdParam } from "../contracts/client-event-id.ts"
import { readAll } from "../contracts/setting.ts"
import { makeDeliver } from "./deliverer/deliver.ts"
import { deliveryMetrics, makeCallFigures } from "./deliverer/figures.ts"
import { makeLiveRenderer } from "./deliverer/live-renderer.ts"
import { callSettings, checkWebhookSecret, deliverTimeout, readWebhookAllow } from "./deliverer/settings.ts"
import { makeSigningKeys } from "./deliverer/signing-keys.ts"
import { readChannels } from "./notifier/configured-channels.ts"
import { makeMessages } from "./notifier/make-messages.ts"
import { messagingSettings } from "./notifier/settings.ts"
import { deliverFor, renderSettings } from "./rules/settings.ts"
import { reactionStoreFigures } from "./rules/store-figures.ts"
import { readRuleVariables } from "./rules/variables.ts"
import * as Actor from "./runtime/actor.ts"
import { deviceMappings, ingestQueue, reactionStore } from "./runtime/dependencies.ts"
import { deliveries, maxConcurrency } from "./runtime/inbox/deliveries.ts"

export const Deliverer = Actor.make(
  "deliverer",
  {
    summary: "Makes the calls, events and messages of rules until they are delivered or dead letters.",
    receives: deliveries,
    sends: "HTTP calls to targets, events to the queue, messages to devices",
    requires: [reactionStore, ingestQueue, deviceMappings],
    settings: [...callSettings, deliverFor, eventIdParam, ...renderSettings, ...messagingSettings],
    checks: [readWebhookAllow, checkWebhookSecret, readRuleVariables(), readChannels],
    metrics: deliveryMetrics,
    ...{ concurrency: maxConcurrency, waiting: 0 }
  },
  Effect.gen(function* () {
    const { idParam, timeout, forTime } = yield* readAll({
      idParam: eventIdParam,
      timeout: deliverTimeout,
      forTime: deliverFor
    })
    const renderer = yield* makeLiveRenderer
    yield* reactionStoreFigures(yield* ReactionStore)
    return makeDeliver({
      queue: yield* IngestQueue,
      http: yield* makeOutgoingHttp({ allow: yield* readWebhookAllow }),
      renderer: renderer.current,
      messages: yield* makeMessages(renderer.current),
      keys: yield* makeSigningKeys(renderer.secret),
      figures: yield* makeCallFigures,
      timeoutMs: Duration.toMillis(timeout),
      deliverForMs: Duration.toMillis(forTime),
      idParam
    })
  })
)
