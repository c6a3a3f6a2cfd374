/** The metric of messages that the bus dropped, by reason: the only trace of a published message that reached nobody. */
import { type Effect, Metric } from "effect"

/** No connection, a full outbound backlog, over the size limit, an invalid subject, or a slow subscriber. */
export type DropReason = "disconnected" | "backlog" | "too-large" | "unreadable" | "slow-watcher"

const dropped = Metric.counter("spoor_bus_dropped", {
  description: "Messages that the bus dropped, by reason.",
  incremental: true
})

/** The counter of that reason, of this process. */
export const droppedBy = (reason: DropReason) => Metric.withAttributes(dropped, { reason })

/** Counts one dropped message. */
export const countDropped = (reason: DropReason): Effect.Effect<void> => Metric.update(droppedBy(reason), 1)
