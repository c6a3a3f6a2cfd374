/** Metadata counter: how many events came through each pod, from each client address and from each country. */
import { counter } from "./counter/counter.ts"

export const MetadataCounter = counter("metadata-counter", {
  summary: "Counts events by pod, client address and country.",
  count: ({ address, meta }) => [
    { table: "by-pod", key: meta("pod"), by: 1 },
    { table: "by-address", key: address, by: 1 },
    { table: "by-country", key: meta("country"), by: 1 }
  ]
})
