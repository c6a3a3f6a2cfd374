/**
 * Shows events to people who look, as copies on `spoor.copies.<stage>.<topic>` (contracts/event-copy.ts). Listens for their
 * wishes as long as the actor lives; without one, showing a batch is one comparison. It never waits and never fails,
 * and what is over the budget is left out with a count.
 */

import { Clock, Effect, Metric, Schema, Stream } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { Seen } from "../../../contracts/event-copy.ts"
import {
  type Copies,
  type CopyStage,
  CopySubscription,
  copySubject,
  copySubscriptionSubject,
  copySubscriptionTtlMs,
  type EventCopy
} from "../../../contracts/event-copy.ts"
import type { BatchId, Topic } from "../../../contracts/ids.ts"
import { decode, encode } from "../../../contracts/messages/msgpack.ts"
import { type CopyBudget, copyBudget } from "./copy-budget.ts"

/** What of an event stands in every copy of it. */
interface Shown {
  readonly index: number
  readonly topic: Topic
}

/** Shows events of a batch at a stage. `seen` is called only for those that are copied; undefined leaves one out. */
export type Show = <Event extends Shown>(
  stage: CopyStage,
  batch: BatchId,
  events: ReadonlyArray<Event>,
  seen: (event: Event, place: number) => Seen | undefined
) => Effect.Effect<void>

/** One message holds so many events at the most, and one more event than so many bytes. */
const messageEvents = 200
const messageBytes = 64 * 1024

/** A larger event is left out. */
const largestEvent = 200 * 1024

const left = Metric.counter("spoor_copies_dropped_total", {
  description: "Events that people who look were not shown because there were too many, by stage.",
  incremental: true
})

/** What this process left out of a stage. */
export const leftOut = (stage: CopyStage) => Metric.withAttributes(left, { stage })

interface Stage {
  /** Until when somebody looks, milliseconds since 1970; 0 when nobody does. */
  wishedUntil: number
  readonly budget: CopyBudget
  /** Left out since the last message. */
  dropped: number
}

const stage = (): Stage => ({ wishedUntil: 0, budget: copyBudget(), dropped: 0 })

/** A function that shows events, for an actor that sees some stages pass. */
export const showCopies = Effect.gen(function* () {
  const bus = yield* MessageBus
  const stages: Readonly<Record<CopyStage, Stage>> = {
    raw: stage(),
    enriched: stage(),
    stored: stage(),
    rejected: stage()
  }
  yield* Effect.forkScoped(hearWishes(bus, stages))

  const publish = Effect.fnUntraced(
    function* (name: CopyStage, batch: BatchId, copied: (at: number) => Copied) {
      const at = yield* Clock.currentTimeMillis
      const own = stages[name]
      if (at > own.wishedUntil) {
        own.wishedUntil = 0
        return
      }
      const { byTopic, dropped } = copied(at)
      own.dropped += dropped
      if (dropped > 0) yield* Metric.update(leftOut(name), dropped)
      for (const { topic, events } of byTopic) {
        const copies: Copies = { stage: name, topic, batch, at, events, dropped: own.dropped }
        own.dropped = 0
        yield* bus.publish(copySubject(name, topic), encode(copies))
      }
    },
    Effect.catchDefect(() => Effect.void)
  )

  const show: Show = (name, batch, events, seen) =>
    stages[name].wishedUntil === 0
      ? Effect.void
      : publish(name, batch, (at) => copy(events, seen, stages[name].budget, at))
  return show
})

/** A record as it is seen. */
export const recordIn = (value: Uint8Array): Seen => ({ record: byteStringOf(value) })

interface Copied {
  readonly byTopic: ReadonlyArray<{ readonly topic: Topic; readonly events: ReadonlyArray<EventCopy> }>
  readonly dropped: number
}

/** As many copies as the budget has room for, in messages of one topic each. */
const copy = <Event extends Shown>(
  events: ReadonlyArray<Event>,
  seen: (event: Event, place: number) => Seen | undefined,
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
    const known = seen(event, place)
    if (known === undefined) continue
    const weight = (known.line ?? "").length + (known.record ?? "").length
    if (weight > largestEvent) {
      dropped += 1
      continue
    }
    budget.spend(weight)
    let message = open.get(event.topic)
    if (message === undefined || message.events.length >= messageEvents || message.bytes >= messageBytes) {
      message = { events: [], bytes: 0 }
      open.set(event.topic, message)
      all.push({ topic: event.topic, events: message.events })
    }
    message.events.push({ index: event.index, ...known })
    message.bytes += weight
  }
  return { byTopic: all, dropped }
}

const isWish = Schema.is(CopySubscription)

/** How long the bus is left alone when it does not let us listen, milliseconds. */
const pause = 10_000

const hearWishes = (bus: MessageBus["Service"], stages: Readonly<Record<CopyStage, Stage>>) =>
  Stream.runForEach(bus.subscribe(copySubscriptionSubject), ({ payload }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      for (const name of stagesIn(payload)) stages[name].wishedUntil = now + copySubscriptionTtlMs
    })
  ).pipe(
    Effect.catch(({ message }) => Effect.logWarning(`nobody can look at events here: ${message}`)),
    Effect.andThen(Effect.sleep(pause)),
    Effect.forever
  )

/** None in a message that is no wish. */
const stagesIn = (payload: Uint8Array): ReadonlyArray<CopyStage> => {
  try {
    const wish = decode(payload)
    return isWish(wish) ? wish.stages : []
  } catch {
    return []
  }
}
