/** The metric of messages that the bus dropped, by reason: the only trace of a published message that reached nobody. */
import { Effect, Metric } from "effect"

/** No connection, a full outbound backlog, over the size limit, an invalid subject, or a slow subscriber. */
const dropReasons = ["disconnected", "backlog", "too-large", "unreadable", "slow-watcher"] as const
export type DropReason = (typeof dropReasons)[number]

const dropped = Metric.counter("spoor_bus_dropped_total", {
  description: "Messages that the bus dropped, by reason.",
  incremental: true
})

/** The counter of that reason, of this process. */
export const droppedBy = (reason: DropReason) => Metric.withAttributes(dropped, { reason })

/** Counts one dropped message. */
export const countDropped = (reason: DropReason): Effect.Effect<void> => Metric.update(droppedBy(reason), 1)

/** Exports the counter of each reason, from 0. */
export const declareDropped: Effect.Effect<void> = Effect.forEach(
  dropReasons,
  (reason) => Metric.update(droppedBy(reason), 0),
  { discard: true }
)
