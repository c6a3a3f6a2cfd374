/**
 * Tap: publishes what flows as JSON that anyone reads with a plain NATS client, `nats sub 'spoor.tap.>'`. It only looks,
 * at most once, and never slows the work. Keeps nothing; one is enough, since two would publish everything twice.
 */

import { viewerMask } from "./inspect/viewer-settings.ts"
import * as Actor from "./runtime/actor.ts"
import { messageBus } from "./runtime/dependencies.ts"
import { copies } from "./runtime/inbox/copies.ts"
import { publishTapped } from "./tap/publish.ts"
import { readTapStages, tapStages } from "./tap/settings.ts"

export const Tap = Actor.make(
  "tap",
  {
    summary: "Publishes events as readable JSON while they pass, for any NATS client. Runs only when named.",
    receives: copies(readTapStages),
    sends: "JSON on spoor.tap.<stage>.<topic>",
    requires: [messageBus],
    settings: [tapStages, viewerMask]
  },
  publishTapped
)
