/**
 * Publishes copies of events to subscribers on `spoor.copies.<stage>.<topic>` (contracts/event-copy.ts). Listens for copy
 * subscriptions as long as the actor runs; without one, a batch costs one comparison. Publishing never waits and never
 * fails; events over the budget are dropped and counted.
 */

import { Clock, Effect, Metric, Stream } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { CopyContent } from "../../../contracts/event-copy.ts"
import {
  type Copies,
  type CopyStage,
  copySubject,
  copySubscriptionSubject,
  copySubscriptionTtlMs,
  type EventCopy
} from "../../../contracts/event-copy.ts"
import type { BatchId, Topic } from "../../../contracts/ids.ts"
import { readCopySubscription, writeCopies } from "../../../contracts/messages/copies.ts"
import { newestFormat, oldestFormat } from "../../../contracts/messages/format.ts"
import { type CopyBudget, copyBudget } from "./copy-budget.ts"

/** The parts of an event that every copy has. */
interface IndexedEvent {
  readonly index: number
  readonly topic: Topic
}

/** Publishes copies of a batch's events at a stage. `contentOf` is called only for copied events; undefined skips one. */
export type PublishCopies = <Event extends IndexedEvent>(
  stage: CopyStage,
  batch: BatchId,
  events: ReadonlyArray<Event>,
  contentOf: (event: Event, place: number) => CopyContent | undefined
) => Effect.Effect<void>

/** A message has at most this many events; it is full once it has this many bytes. */
const maxMessageEvents = 200
const fullMessageBytes = 64 * 1024

/** A larger event is dropped, bytes. */
const maxEventBytes = 200 * 1024

const droppedCopies = Metric.counter("spoor_copies_dropped_total", {
  description: "Events that were not copied to subscribers because the copy budget was exceeded, by stage.",
  incremental: true
})

/** The events of a stage that this process dropped. */
export const droppedCopiesOf = (stage: CopyStage) => Metric.withAttributes(droppedCopies, { stage })

interface Stage {
  /** When the last subscription ends, milliseconds since 1970; 0 without one. */
  subscribedUntil: number
  /** The same of the last subscriber that reads only the oldest format: all copies are then written in it. */
  oldestUntil: number
  readonly budget: CopyBudget
  /** Events dropped since the last message. */
  dropped: number
}

const stage = (): Stage => ({ subscribedUntil: 0, oldestUntil: 0, budget: copyBudget(), dropped: 0 })

/**
 * Makes the function by which an actor publishes copies of the events it handles.
 *
 * @example
 * ```ts
 * const publishCopies = yield* makeCopyPublisher
 * yield* publishCopies("enriched", batch.id, batch.events, ({ value }) => ({ record: byteStringOf(value) }))
 * ```
 */
export const makeCopyPublisher = Effect.gen(function* () {
  const bus = yield* MessageBus
  const stages: Readonly<Record<CopyStage, Stage>> = {
    raw: stage(),
    enriched: stage(),
    stored: stage(),
    rejected: stage()
  }
  for (const name of Object.keys(stages) as ReadonlyArray<CopyStage>)
    yield* Metric.update(droppedCopiesOf(name), 0)
  yield* Effect.forkScoped(receiveSubscriptions(bus, stages))

  const publish = Effect.fnUntraced(
    function* (name: CopyStage, batch: BatchId, copied: (at: number) => Copied) {
      const at = yield* Clock.currentTimeMillis
      const own = stages[name]
      if (at > own.subscribedUntil) {
        own.subscribedUntil = 0
        return
      }
      const { byTopic, dropped } = copied(at)
      own.dropped += dropped
      if (dropped > 0) yield* Metric.update(droppedCopiesOf(name), dropped)
      for (const { topic, events } of byTopic) {
        const copies: Copies = { stage: name, topic, batch, at, events, dropped: own.dropped }
        own.dropped = 0
        const format = at <= own.oldestUntil ? oldestFormat : newestFormat
        yield* bus.publish(copySubject(name, topic), writeCopies(copies, format), format)
      }
    },
    Effect.catchDefect(() => Effect.void)
  )

  const publishCopies: PublishCopies = (name, batch, events, contentOf) =>
    stages[name].subscribedUntil === 0
      ? Effect.void
      : publish(name, batch, (at) => copy(events, contentOf, stages[name].budget, at))
  return publishCopies
})

/** The copy of a record. */
export const recordContent = (value: Uint8Array): CopyContent => ({ record: byteStringOf(value) })

interface Copied {
  readonly byTopic: ReadonlyArray<{ readonly topic: Topic; readonly events: ReadonlyArray<EventCopy> }>
  readonly dropped: number
}

/** As many copies as the budget allows, in messages of one topic each. */
const copy = <Event extends IndexedEvent>(
  events: ReadonlyArray<Event>,
  contentOf: (event: Event, place: number) => CopyContent | undefined,
  budget: CopyBudget,
  now: number
): Copied => {
  const all: Array<{ topic: Topic; events: Array<EventCopy> }> = []
  const open = new Map<Topic, { events: Array<EventCopy>; bytes: number }>()
  let dropped = 0
  for (const [place, event] of events.entries()) {
    if (!budget.isOpen(now)) {
      dropped += events.length - place
      break
    }
    const content = contentOf(event, place)
    if (content === undefined) continue
    const weight = (content.line ?? "").length + (content.record ?? "").length
    if (weight > maxEventBytes) {
      dropped += 1
      continue
    }
    budget.spend(weight)
    let message = open.get(event.topic)
    if (
      message === undefined ||
      message.events.length >= maxMessageEvents ||
      message.bytes >= fullMessageBytes
    ) {
      message = { events: [], bytes: 0 }
      open.set(event.topic, message)
      all.push({ topic: event.topic, events: message.events })
    }
    message.events.push({ index: event.index, ...content })
    message.bytes += weight
  }
  return { byTopic: all, dropped }
}

/** The pause before subscribing again after the bus refused it, milliseconds. */
const resubscribeAfterMs = 10_000

const receiveSubscriptions = (bus: MessageBus["Service"], stages: Readonly<Record<CopyStage, Stage>>) =>
  Stream.runForEach(bus.subscribe(copySubscriptionSubject), ({ payload }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { stages: subscribed, format } = subscriptionIn(payload)
      for (const name of subscribed) {
        stages[name].subscribedUntil = now + copySubscriptionTtlMs
        if (format === oldestFormat) stages[name].oldestUntil = now + copySubscriptionTtlMs
      }
    })
  ).pipe(
    Effect.catch(({ message }) => Effect.logWarning(`copies of events are unavailable: ${message}`)),
    Effect.andThen(Effect.sleep(resubscribeAfterMs)),
    Effect.forever
  )

/** The subscription; one to no stages for any other message. */
const subscriptionIn = (payload: Uint8Array): ReturnType<typeof readCopySubscription> => {
  try {
    return readCopySubscription(payload)
  } catch {
    return { stages: [], format: newestFormat }
  }
}
