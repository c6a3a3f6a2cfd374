/**
 * Durations as counts, so that any number of consumers can add to them: a sum, and how many fell into each of a row of
 * buckets that grow by 5 %. Averages are exact, percentiles within those 5 %.
 */
import type { Increment, Row } from "../../bridge/projection-store/service.ts"

const growth = Math.log(1.05)
const sumKey = "sum"

/** The longest duration that is counted as it is, milliseconds (31 years); records may claim anything. */
const longest = 1e12

/** What one duration (milliseconds; below zero, or no number, counts as zero) adds to a table. */
export const timingIncrements = (table: string, duration: number): ReadonlyArray<Increment> => {
  const milliseconds = Math.min(longest, Math.max(0, Math.round(duration) || 0))
  return [
    { table, key: bucketOf(milliseconds), by: 1 },
    { table, key: sumKey, by: milliseconds }
  ]
}

const bucketOf = (milliseconds: number): string =>
  milliseconds === 0 ? "zero" : String(Math.ceil(Math.log(milliseconds) / growth))

/** The largest duration that falls into a bucket, milliseconds. */
const boundOf = (bucket: string): number => (bucket === "zero" ? 0 : Math.exp(Number(bucket) * growth))

/** Of all durations counted in a table; milliseconds. */
export interface Timings {
  readonly count: number
  readonly average: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** The statistics of a table's rows, all of them given. */
export const timingsOf = (rows: ReadonlyArray<Row>): Timings => {
  const sum = rows.find(({ key }) => key === sumKey)?.count ?? 0
  const buckets = rows
    .filter(({ key }) => key !== sumKey)
    .map(({ key, count }) => ({ bound: boundOf(key), count }))
    .toSorted((a, b) => a.bound - b.bound)
  const count = buckets.reduce((total, bucket) => total + bucket.count, 0)
  const percentile = (share: number): number => {
    let seen = 0
    for (const bucket of buckets) {
      seen += bucket.count
      if (seen >= share * count) return Math.round(bucket.bound)
    }
    return 0
  }
  const average = count === 0 ? 0 : Math.round(sum / count)
  return {
    count,
    average,
    p50: percentile(0.5),
    p90: percentile(0.9),
    p99: percentile(0.99),
    max: percentile(1)
  }
}
