/**
 * Receiver: takes lines that edges push over NATS and pushes them to the queue of the centre, each push once by its id.
 * Keeps no state; any number of receivers may run, and only where they are named.
 */
import { Effect } from "effect"
import { IngestQueue } from "../bridge/ingest-queue/service.ts"
import type { PushedLines } from "../contracts/messages/pushed-lines.ts"
import { pushes } from "./receiver/pushes.ts"
import * as Actor from "./runtime/actor.ts"
import { ingestQueue, messageBus } from "./runtime/dependencies.ts"

export const Receiver = Actor.make(
  "receiver",
  {
    summary: "Takes lines from edges over NATS and pushes them to the queue. Runs only when named.",
    receives: pushes,
    sends: "lines to the queue",
    requires: [ingestQueue, messageBus],
    concurrency: 4,
    waiting: 60
  },
  Effect.gen(function* () {
    const queue = yield* IngestQueue

    return ({ id, lines }: PushedLines) => queue.push(lines, id)
  })
)
