/** The count of messages that a bus let go of, by reason; the only trace of a fact that nobody could be told. */
import { type Effect, Metric } from "effect"

/** Why: no connection, too much on its way already, over the size limit, not a subject, or a watcher that is too slow. */
export type DropReason = "disconnected" | "backlog" | "too-large" | "unreadable" | "slow-watcher"

const dropped = Metric.counter("spoor_bus_dropped", {
  description: "Messages that the bus dropped, by reason.",
  incremental: true
})

/** How many were dropped for that reason in this process. */
export const droppedBy = (reason: DropReason) => Metric.withAttributes(dropped, { reason })

/** Counts one dropped message. */
export const countDropped = (reason: DropReason): Effect.Effect<void> => Metric.update(droppedBy(reason), 1)
