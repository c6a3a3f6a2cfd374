/**
 * What an event costs, as the benchmarks measured it (test/README.md; 2 cores of an Intel Xeon, Bun 1.4.5). Each figure
 * names the benchmark that measures it again: `bun run bench <name>`. Pure data.
 */

/** A measured figure, and the row of test/README.md that it is from. */
export interface Measured {
  readonly value: number
  readonly source: string
}

const measured = (value: number, source: string): Measured => ({ value, source })

export interface ActorCost {
  /** Processor time of an event in full batches, µs. */
  readonly full: Measured
  /** Processor time of an event at 1,000 events/s, where batches are small, µs. */
  readonly small: Measured
  /** Highest resident memory, MB. */
  readonly memory: Measured
}

const cost = (actor: string, full: number, small: number, memory: number): ActorCost => ({
  full: measured(full, `costs, ${actor}, full batches`),
  small: measured(small, `costs, ${actor}, at 1,000 events/s`),
  memory: measured(memory, `memory, ${actor}, the higher peak`)
})

/** The actors that an event passes. */
export const pipelineCosts = {
  drainer: cost("drainer", 4, 60, 174),
  enricher: cost("enricher", 6, 60, 191),
  bridge: cost("bridge", 4, 60, 173)
} as const

/** The consumers that read every record. */
export const consumerCosts = {
  "event-counter": cost("event-counter", 4, 60, 174),
  "metadata-counter": cost("metadata-counter", 5, 60, 180),
  "search-counter": cost("search-counter", 3, 60, 174),
  "timing-stats": cost("timing-stats", 4, 60, 175)
} as const

/** The gateway: one POST for each event, the dearest way to send it. */
export const gatewayCost = {
  perSecond: measured(47_796, "gateway, POST, 64 connections, spoor, requests/s"),
  memory: measured(126, "memory, gateway, peak MB")
} as const

export const viewerMemory = measured(280, "memory, viewer, peak MB at the backlog")

/** What copies cost each other: processor time of an event with 4 copies of each actor to that with 1. */
export const copiesFactor = measured(1.28, "scale, 4 enrichers, 4 bridges, cost to the first")

export const storage = {
  /** Bytes of a waiting line in Redis beyond its own. */
  lineOverhead: measured(20, "costs, a waiting line in Redis, bytes beyond its own"),
  /** Bytes of a line of the benchmarks. */
  line: measured(240, "costs, a line, bytes"),
  /** Bytes of its record on Kafka's disk, compressed. */
  record: measured(100, "costs, a record on Kafka's disk, full batches")
} as const
