/**
 * What the log refuses until somebody acts, though it answers: a topic that is missing, that we may not write to, whose
 * configuration does not take our records. Kept for people: health, overview and metrics ask for it, no work depends on
 * it. Lives as long as the log.
 */
import { type Context, Metric } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import type { Kind } from "./produce-errors.ts"

/** A refusal that does not recur for this long is forgotten, milliseconds: its batch is retried elsewhere or is gone. */
export const forgottenAfter = 5 * 60_000

export interface Refusals {
  /** The topic refused records, for that reason (a sentence). */
  readonly refused: (topic: Topic, sentence: string) => void
  /** The topic is there. */
  readonly isThere: (topic: Topic) => void
  /** The topic took records. */
  readonly took: (topic: Topic) => void
  /** Did the topic take records within the last minute? */
  readonly tookLately: (topic: Topic) => boolean
  /** A broker answered so to a batch. */
  readonly count: (topic: Topic, answer: string, kind: Kind) => void
  /** A sentence for each topic that waits now. */
  readonly list: () => ReadonlyArray<string>
}

const lately = 60_000

const answers = Metric.counter("spoor_log_refused_total", {
  description: "Batches that Kafka refused, by topic, its answer, and kind: outage, size, record or topic.",
  incremental: true
})
const waiting = Metric.gauge("spoor_log_topic_waiting", {
  description: "1 while a topic stores nothing until somebody acts."
})

/** `context` keeps the metrics; `now` in milliseconds, never going back. */
export const makeRefusals = (
  context: Context.Context<never>,
  now: () => number = () => performance.now()
): Refusals => {
  const topics = new Map<Topic, { readonly sentence: string; readonly at: number }>()
  const taken = new Map<Topic, number>()

  const setWaiting = (topic: Topic, isWaiting: boolean): void =>
    Metric.withAttributes(waiting, { topic }).updateUnsafe(isWaiting ? 1 : 0, context)

  const forget = (topic: Topic): void => {
    if (topics.delete(topic)) setWaiting(topic, false)
  }

  return {
    refused: (topic, sentence) => {
      topics.set(topic, { sentence, at: now() })
      setWaiting(topic, true)
    },
    isThere: (topic) => {
      topics.delete(topic)
      setWaiting(topic, false)
    },
    took: (topic) => {
      taken.set(topic, now())
      forget(topic)
    },
    tookLately: (topic) => now() - (taken.get(topic) ?? Number.NEGATIVE_INFINITY) < lately,
    count: (topic, answer, kind) =>
      Metric.withAttributes(answers, { topic, answer, kind }).updateUnsafe(1, context),
    list: () => {
      for (const [topic, { at }] of topics) if (now() - at >= forgottenAfter) forget(topic)
      return Array.from(topics.values(), ({ sentence }) => sentence)
    }
  }
}
