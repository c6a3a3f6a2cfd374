/** Tells whoever watches what happened to a batch: one small message per topic on `spoor.events.<stage>.<topic>`. */
import { Clock, Effect } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Stage } from "../../../contracts/event.ts"
import type { BatchId, Topic } from "../../../contracts/ids.ts"
import { encode } from "../../../contracts/messages/msgpack.ts"
import { type Fact, factSubject } from "../../../contracts/requests.ts"

/** An event of which something is told; `reason` for a rejection. */
interface Told {
  readonly topic: Topic
  readonly reason?: string
}

/** A function that publishes what happened to these events of a batch. At most once, never fails, never waits. */
export const publishFacts = Effect.gen(function* () {
  const bus = yield* MessageBus
  return Effect.fnUntraced(function* (stage: Stage, batch: BatchId, events: ReadonlyArray<Told>) {
    const at = yield* Clock.currentTimeMillis
    for (const fact of factsOf(stage, batch, events, at)) {
      yield* bus.publish(factSubject(stage, fact.topic), encode(fact))
    }
  })
})

/** One fact per topic. */
export const factsOf = (
  stage: Stage,
  batch: BatchId,
  events: ReadonlyArray<Told>,
  at: number
): ReadonlyArray<Fact> => {
  const byTopic = new Map<Topic, { count: number; reasons: Map<string, number> }>()
  for (const { topic, reason } of events) {
    let tally = byTopic.get(topic)
    if (tally === undefined) {
      tally = { count: 0, reasons: new Map() }
      byTopic.set(topic, tally)
    }
    tally.count += 1
    if (reason !== undefined) tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1)
  }
  return Array.from(byTopic, ([topic, { count, reasons }]) => ({
    stage,
    topic,
    batch,
    at,
    count,
    ...(reasons.size === 0 ? {} : { reasons: Object.fromEntries(reasons) })
  }))
}
