/**
 * The time from the gateway to Kafka of every stored event, as a histogram per topic: from the time in the line, by the
 * gateway's clock, to the confirmation of the append, by the bridge's. Counted in plain code and read when the metrics are.
 * Lives as long as the bridge.
 */
import { type Context, Metric } from "effect"
import type { Appended } from "../../bridge/event-log/service.ts"
import type { EnrichedEvent } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"

const boundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600]

const delay = Metric.histogram("spoor_stored_delay_seconds", {
  description:
    "Time from the gateway, which writes it into the line, to the confirmation by Kafka, for each stored event; 0 when the gateway's clock is ahead.",
  boundaries
})

interface Counts {
  /** Events up to each boundary, and above the last, not cumulated. */
  readonly buckets: Float64Array
  sum: number
  min: number
  max: number
}

/** Counts the events of an append; called once per batch. `now`: milliseconds since 1970. */
export type CountStored = (
  events: ReadonlyArray<EnrichedEvent>,
  appended: ReadonlyArray<Appended>,
  now: number
) => void

/** The histogram in the metrics of `context`; the series of these topics exist from now on, others from their first event. */
export const makeStoredDelay = (
  context: Context.Context<never>,
  topics: ReadonlyArray<Topic>
): CountStored => {
  const counts = new Map<Topic, Counts>()

  const countsOf = (topic: Topic): Counts => {
    const known = counts.get(topic)
    if (known !== undefined) return known
    const made: Counts = {
      buckets: new Float64Array(boundaries.length + 1),
      sum: 0,
      min: Number.MAX_VALUE,
      max: 0
    }
    counts.set(topic, made)
    Metric.registerUnsafe(Metric.withAttributes(delay, { topic }), context, {
      get: () => stateOf(made),
      update: () => undefined,
      modify: () => undefined
    })
    return made
  }
  for (const topic of topics) countsOf(topic)

  return (events, appended, now) => {
    let [topic, received, bucket]: [Topic | undefined, number, number] = [undefined, Number.NaN, 0]
    let [current, seconds]: [Counts | undefined, number] = [undefined, 0]
    for (let place = 0; place < events.length; place++) {
      const event = events[place]
      if (event === undefined || appended[place]?.stored !== true) continue
      // Most events follow one of the same topic and time.
      if (current === undefined || event.topic !== topic) {
        topic = event.topic
        current = countsOf(topic)
      }
      if (event.received !== received) {
        received = event.received
        seconds = Math.max(0, now - received) / 1000
        bucket = bucketOf(seconds)
      }
      add(current, bucket, seconds)
    }
  }
}

const bucketOf = (seconds: number): number => {
  let bucket = 0
  while (bucket < boundaries.length && seconds > (boundaries[bucket] ?? 0)) bucket++
  return bucket
}

const add = (counts: Counts, bucket: number, seconds: number): void => {
  counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
  counts.sum += seconds
  if (seconds > counts.max) counts.max = seconds
  if (seconds < counts.min) counts.min = seconds
}

const stateOf = ({ buckets, sum, min, max }: Counts): Metric.HistogramState => {
  let count = 0
  const cumulated = boundaries.map((boundary, place): [number, number] => {
    count += buckets[place] ?? 0
    return [boundary, count]
  })
  return { buckets: cumulated, count: count + (buckets.at(-1) ?? 0), sum, min, max }
}
