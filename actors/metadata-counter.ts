/** Metadata counter: counts events by pod, client address and country. */
import { counter } from "./counter/counter.ts"
import type { Counting } from "./inspect/counters/counting.ts"

export const metadataCounting: Counting = {
  summary: "Counts events by pod, client address and country.",
  count: (event) => [
    { table: "by-pod", key: event.meta("pod"), by: 1 },
    { table: "by-address", key: event.address, by: 1 },
    { table: "by-country", key: event.meta("country"), by: 1 }
  ]
}

export const MetadataCounter = counter("metadata-counter", metadataCounting)
