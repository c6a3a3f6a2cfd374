/**
 * Forwarder: carries batches of lines from the queue of an edge to the queue of the centre, oldest first, and removes them
 * only when the centre has them. While there is no line to the centre they wait. Keeps no state; any number may run.
 */
import { Effect } from "effect"
import { exportQueueFigures } from "./drainer/queue-figures.ts"
import { centreSettings, makePushToCentre, readCentre } from "./forwarder/centre.ts"
import { makeForward } from "./forwarder/forward.ts"
import * as Actor from "./runtime/actor.ts"
import { Self } from "./runtime/actor-context.ts"
import { ingestQueue, progressBus } from "./runtime/dependencies.ts"
import { claimsFor } from "./runtime/inbox/claims.ts"
import { readTopics, topicSettings } from "./transform/topics.ts"

/** The centre may be away for hours: its absence is not an error of this process, which stays ready. */
const words = {
  hasPoison: false,
  name: "The line to the centre",
  ends: "Lines reach the centre again",
  begins: "no line to the centre: ",
  meanwhile: "Lines wait in the queue of this edge, up to its limits, and are forwarded when there is a line."
}

/** An edge makes no copies of events: its user in NATS may publish pushes only. */
const withoutCopies = Effect.succeed(() => Effect.void)

export const Forwarder = Actor.make(
  "forwarder",
  {
    summary: "Forwards lines from the queue of an edge to the centre. Runs only when named.",
    receives: claimsFor(words, withoutCopies),
    sends: "lines to a receiver or a gateway of the centre",
    requires: [ingestQueue, progressBus],
    settings: [...centreSettings, ...topicSettings],
    checks: [readCentre, readTopics],
    concurrency: 4
  },
  Effect.gen(function* () {
    const { meter } = yield* Self
    const topics = yield* readTopics
    yield* meter.declare("rejected", ["too large"])
    yield* exportQueueFigures(topics)

    return makeForward(yield* makePushToCentre, topics)
  })
)
