/**
 * `spoor/actor`: what a project of your own needs to define an actor. A chosen list; everything else of Spoor may change
 * without notice. `npx spoor actor ./file.ts` runs the actors that a file exports.
 *
 * - Actors: `Actor.make`, `counter`, `keyed`, `step`.
 * - Inboxes, where messages come from: `records`, `requests`, `claims`, `copies`, or an `Inbox` of your own.
 * - Requirements and the services that they provide: `eventLog` and `EventLog`, `messageBus` and `MessageBus`, and so on.
 * - In the handler and the setup: `Self`, `Deadline`, `readEvent`.
 * - What an actor sends: `ask`, `publishBatchProgress`, `publishConsumerProgress`, `makeCopyPublisher`.
 */
import { make, type Actor as RunnableActor } from "../runtime/actor.ts"

/**
 * Defines actors: `Actor.make(name, definition, build)`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Actor, eventLog, type RecordBatch, records } from "spoor/actor"
 *
 * export const TopicCounter = Actor.make(
 *   "topic-counter",
 *   {
 *     summary: "Counts records by topic.",
 *     receives: records("topic-counter", "oldest"),
 *     sends: "nothing",
 *     requires: [eventLog]
 *   },
 *   Effect.sync(() => {
 *     const counts = new Map<string, number>()
 *     return ({ topic, records }: RecordBatch) =>
 *       Effect.sync(() => {
 *         counts.set(topic, (counts.get(topic) ?? 0) + records.length)
 *       })
 *   })
 * )
 * ```
 */
export const Actor: { readonly make: typeof make } = { make }

/** An actor that a process, or a test, can run: what `Actor.make`, `counter`, `keyed` and `step` return. */
export type Actor = RunnableActor

export type { Dependency } from "../../bridge/dependency.ts"
export {
  type Appended,
  EventLog,
  type LogRecord,
  type NewRecord,
  type RecordBatch
} from "../../bridge/event-log/service.ts"
export { GeoIp, type Place } from "../../bridge/geo-ip/service.ts"
export { type ClaimedBatch, IngestQueue } from "../../bridge/ingest-queue/service.ts"
export { type BusMessage, type BusRequest, MessageBus } from "../../bridge/message-bus/service.ts"
export {
  type Applied,
  type EffectBatch,
  type Increment,
  ProjectionStore,
  type RecordEffect,
  type Row
} from "../../bridge/projection-store/service.ts"
export { counter } from "../counter/counter.ts"
export { type CountedEvent, readEvent } from "../inspect/counters/counted-event.ts"
export type { Counting } from "../inspect/counters/counting.ts"
export type {
  Emission,
  FiredTimer,
  Forward,
  KeyedContext,
  KeyedDefinition,
  KeyedEvent,
  KeyedHandlers,
  KeyedResult
} from "../keyed/definition.ts"
export { KeptEvent } from "../keyed/kept-event.ts"
export { keyed } from "../keyed/keyed.ts"
export { readKept } from "../keyed/keyed-event.ts"
export type { DeclaredMetric, Definition, Inbox, SettingsCheck, StartFailure } from "../runtime/actor.ts"
export { Self } from "../runtime/actor-context.ts"
export { Deadline } from "../runtime/deadline.ts"
export {
  eventLog,
  geoIp,
  ingestQueue,
  messageBus,
  type Provided,
  progressBus,
  projectionStore,
  type Requirement
} from "../runtime/dependencies.ts"
// Inboxes: where its messages come from.
export type { BatchOutcome, Lines } from "../runtime/inbox/batch-outcome.ts"
export { claims } from "../runtime/inbox/claims.ts"
export { copies } from "../runtime/inbox/copies.ts"
export { records } from "../runtime/inbox/records.ts"
export { requests } from "../runtime/inbox/requests.ts"
export type { Handle, Limits, Mailbox, Weight } from "../runtime/mailbox.ts"
export { publishBatchProgress } from "../runtime/publish/batch-progress.ts"
export { publishConsumerProgress } from "../runtime/publish/consumer-progress.ts"
export { makeCopyPublisher, type PublishCopies } from "../runtime/publish/event-copies.ts"
export { ask } from "../runtime/request.ts"
// Enrichment steps: parameters that the enricher asks for.
export { type Step, step } from "../step/step.ts"
