/**
 * Drainer: carries batches of lines from the queue to the log. Parses each line, sends the valid events to an enricher and
 * returns the outcome with which the batch leaves the queue. Keeps no state; any number of drainers may run.
 */
import { Effect } from "effect"
import { mergeReceipts, RejectionReason } from "../contracts/batch.ts"
import { Enrich } from "../contracts/requests.ts"
import { exportQueueFigures } from "./drainer/queue-figures.ts"
import * as Actor from "./runtime/actor.ts"
import { Self } from "./runtime/actor-context.ts"
import { ingestQueue, messageBus } from "./runtime/dependencies.ts"
import type { Lines } from "./runtime/inbox/batch-outcome.ts"
import { claims } from "./runtime/inbox/claims.ts"
import { publishBatchProgress } from "./runtime/publish/batch-progress.ts"
import { makeCopyPublisher } from "./runtime/publish/event-copies.ts"
import { ask } from "./runtime/request.ts"
import { lineAt, otherUnits, readLines } from "./transform/read-lines.ts"
import { readTopics, topicSettings } from "./transform/topics.ts"

const unknownTopic = "unknown topic"
const otherUnit = "time in the other dialect's unit"

export const Drainer = Actor.make(
  "drainer",
  {
    summary: "Claims lines from the queue and removes them only when the log has stored them.",
    receives: claims,
    sends: "batches of events to an enricher",
    requires: [ingestQueue, messageBus],
    settings: topicSettings,
    concurrency: 6
  },
  Effect.gen(function* () {
    const { meter } = yield* Self
    const topics = yield* readTopics
    const askEnricher = yield* ask(Enrich, "drainer")
    const publishProgress = yield* publishBatchProgress
    const publishCopies = yield* makeCopyPublisher
    yield* meter.declare("rejected", RejectionReason.literals)
    yield* meter.declare("renamed", [unknownTopic])
    yield* meter.declare("misdated", [otherUnit])
    yield* exportQueueFigures(topics)

    return Effect.fnUntraced(function* ({ id, digest, claimed, first, lines }: Lines) {
      const { events, rejected, received, unknownTopics } = readLines(lines, topics, first)
      yield* meter.count("renamed", unknownTopics, unknownTopic)
      yield* meter.count("misdated", otherUnits(events, claimed), otherUnit)
      yield* publishProgress("received", id, events)
      yield* publishCopies("raw", id, events, lineAt(lines, first))
      yield* publishCopies("raw", id, rejected, lineAt(lines, first))
      const batch = { id, digest }
      const own = { ...batch, stored: 0, placements: [], rejected }
      const isAllRejected = events.length === 0 && rejected.length > 0
      const receipt = isAllRejected
        ? own
        : mergeReceipts(batch, [yield* askEnricher({ ...batch, claimed, events }), own])
      yield* publishProgress("rejected", id, receipt.rejected)
      return { receipt, received }
    })
  })
)
