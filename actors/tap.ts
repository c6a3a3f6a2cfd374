/**
 * Tap: publishes events in flight as JSON for plain NATS clients, `nats sub 'spoor.tap.>'`. Best effort, at most once, and
 * never slows the pipeline. Keeps no state; run one, since two would publish everything twice.
 */
import { viewerMask } from "./inspect/viewer-settings.ts"
import * as Actor from "./runtime/actor.ts"
import { messageBus } from "./runtime/dependencies.ts"
import { copies } from "./runtime/inbox/copies.ts"
import { needsNats, publishTapped } from "./tap/publish.ts"
import { readTapStages, tapStages } from "./tap/settings.ts"

export const Tap = Actor.make(
  "tap",
  {
    summary: "Publishes events in flight as readable JSON for NATS clients. Runs only when named.",
    receives: copies(readTapStages),
    sends: "JSON on spoor.tap.<stage>.<topic>",
    requires: [messageBus],
    settings: [tapStages, viewerMask],
    checks: [needsNats]
  },
  publishTapped
)
