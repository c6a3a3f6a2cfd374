/** Gateway: accepts events over HTTP and answers each when the queue has it. Keeps no state; any number may run. */
import { Effect } from "effect"
import { IngestQueue } from "../bridge/ingest-queue/service.ts"
import { httpEvents, type LinesToPush } from "./gateway/http-inbox.ts"
import * as Actor from "./runtime/actor.ts"
import { campaignLinks, ingestQueue } from "./runtime/dependencies.ts"

export const Gateway = Actor.make(
  "gateway",
  {
    summary: "Accepts events over HTTP and answers when the queue has them.",
    receives: httpEvents,
    sends: "lines to the queue",
    requires: [ingestQueue, campaignLinks],
    concurrency: 4
  },
  Effect.gen(function* () {
    const queue = yield* IngestQueue

    return ({ lines, once }: LinesToPush) => queue.push(lines, once)
  })
)
