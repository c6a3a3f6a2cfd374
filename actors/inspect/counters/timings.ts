/**
 * Durations as counts, so that any number of consumers can add to them: a sum, and the number of durations in each bucket.
 * Buckets grow by 5 %. Averages are exact, percentiles within 5 %. Pure.
 */
import type { Increment, Row } from "../../../bridge/projection-store/service.ts"
import { isPlausibleDuration } from "../../../contracts/wire/line-time.ts"

const growth = Math.log(1.05)
const sumKey = "sum"

/** The keys for events with an implausible duration: counted by reason, and in no average. */
const otherUnitKey = "other-unit"
const implausibleKey = "implausible"

/**
 * The increments of one duration in milliseconds; a negative one, or NaN, counts as zero. An implausible duration is only
 * counted: by `event.isOtherUnit` as one in the other dialect's unit, or as implausible.
 */
export const timingIncrements = (
  table: string,
  duration: number,
  event: { readonly isOtherUnit: boolean } = { isOtherUnit: false }
): ReadonlyArray<Increment> => {
  if (!isPlausibleDuration(duration) && !Number.isNaN(duration)) {
    return [{ table, key: event.isOtherUnit ? otherUnitKey : implausibleKey, by: 1 }]
  }
  const milliseconds = Math.max(0, Math.round(duration) || 0)
  return [
    { table, key: bucketOf(milliseconds), by: 1 },
    { table, key: sumKey, by: milliseconds }
  ]
}

const bucketOf = (milliseconds: number): string =>
  milliseconds === 0 ? "zero" : String(Math.ceil(Math.log(milliseconds) / growth))

/** The upper bound of a bucket, milliseconds. */
const boundOf = (bucket: string): number => (bucket === "zero" ? 0 : Math.exp(Number(bucket) * growth))

/** Statistics of all durations in a table, milliseconds. */
export interface Timings {
  readonly count: number
  readonly average: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  /** Events in none of these figures: their time is in the other dialect's unit, or a year or more off. */
  readonly "other unit": number
  readonly implausible: number
}

/** The statistics of a table, from all of its rows. */
export const timingsOf = (rows: ReadonlyArray<Row>): Timings => {
  const countOf = (name: string): number => rows.find(({ key }) => key === name)?.count ?? 0
  const sum = countOf(sumKey)
  const otherUnit = countOf(otherUnitKey)
  const implausible = countOf(implausibleKey)
  const buckets = rows
    .filter(({ key }) => key === "zero" || /^-?\d+$/.test(key))
    .map(({ key, count }) => ({ bound: boundOf(key), count }))
    .toSorted((a, b) => a.bound - b.bound)
  const count = buckets.reduce((total, bucket) => total + bucket.count, 0)
  const percentile = (fraction: number): number => {
    let seen = 0
    for (const bucket of buckets) {
      seen += bucket.count
      if (seen >= fraction * count) return Math.round(bucket.bound)
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
    max: percentile(1),
    "other unit": otherUnit,
    implausible
  }
}
