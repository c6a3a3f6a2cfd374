/**
 * What an event costs, as the benchmarks measured it: costs.json, which `bun run bench --report` writes from their results.
 * Each figure names its benchmark, row and column (test/README.md). Pure data.
 */
import costsJson from "./costs.json" with { type: "json" }

/** A measured figure, and the benchmark that it is from. */
export interface Measured {
  readonly value: number
  readonly source: string
}

export interface ActorCost {
  /** Processor time of an event in full batches, and at 1,000 events/s, where batches are small; µs. */
  readonly full: Measured
  readonly small: Measured
  /** Highest resident memory, MB. */
  readonly memory: Measured
}

export interface Costs {
  readonly gateway: Pick<ActorCost, "memory"> & {
    /** Requests a second of one gateway, each a POST of one event: the dearest way to send it. */
    readonly perSecond: Measured
  }
  /** The actors that an event passes. */
  readonly pipeline: Readonly<Record<string, ActorCost>>
  /** The actors that read every record. */
  readonly readers: Readonly<Record<string, ActorCost>>
  /** Processor time of an event with 4 copies of each actor to that with 1. */
  readonly copiesFactor: Measured
  /** Bytes of a line of the benchmarks, of its overhead in Redis while it waits, and of its record on Kafka's disk. */
  readonly line: Measured
  readonly lineOverhead: Measured
  readonly record: Measured
}

export const costs: Costs = costsJson
