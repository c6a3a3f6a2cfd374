/**
 * The ledgers of the queue servers over time: waiting lines, the rate of claims, and how long nothing was claimed. Lives as
 * long as the monitor. Times are milliseconds of the monotonic clock.
 */
import type { QueueLedger } from "../../../bridge/ingest-queue/service.ts"
import type { Figure } from "./system-view.ts"

/** The last observation of one server, with its rate over the last seconds. */
export interface QueueObservation {
  /** "queue", or "queue 2" where there are several. */
  readonly name: string
  /** Undefined until it has answered. */
  readonly ledger: QueueLedger | undefined
  /** When it answered last. */
  readonly at: number
  /** Why it did not answer; undefined if it did. */
  readonly trouble: string | undefined
  /** Lines claimed per second; null while unknown: it does not answer, or has answered only once. */
  readonly rate: Figure
  /** Milliseconds since a line was claimed or settled; undefined: not since the monitor started. */
  readonly progressAgo: number | undefined
  /** Since one of Spoor's gateways pushed a line. */
  readonly pushedAgo: number | undefined
  /** Since a line was settled. A claimed line may be released again, a settled one cannot. */
  readonly settledAgo: number | undefined
  /** How long lines have waited without a claim; undefined: none waits, or they are being claimed. */
  readonly unclaimedFor: number | undefined
  /** How long lines have been in flight and none was settled. */
  readonly unsettledFor: number | undefined
}

export interface QueueHistory {
  readonly record: (ledger: QueueLedger, at: number) => void
  readonly observe: (at: number, trouble: string | undefined) => QueueObservation
  /** Forgets the rates: the monitor starts again after a pause. */
  readonly reset: () => void
}

/** Rates are calculated over this time, milliseconds. */
const rateWindowMs = 3_000

interface Point {
  readonly at: number
  readonly taken: number
  readonly settled: number
}

export const makeQueueHistory = (name: string): QueueHistory => {
  let points: ReadonlyArray<Point> = []
  let ledger: QueueLedger | undefined
  let progressAt: number | undefined
  let settledAt: number | undefined
  let pushedAt: number | undefined
  let pushed: number | undefined
  let unclaimedSince: number | undefined
  let unsettledSince: number | undefined

  return {
    record: (now, at) => {
      const point = { at, taken: now.taken, settled: settledIn(now) }
      const before = points.at(-1)
      // Smaller counts mean that they were deleted and started again.
      if (before !== undefined && (point.taken < before.taken || point.settled < before.settled)) points = []
      const isTaken = before !== undefined && point.taken > before.taken
      const isSettled = before !== undefined && point.settled > before.settled
      if (isTaken || isSettled) progressAt = at
      if (isSettled) settledAt = at
      if (pushed !== undefined && now.pushed > pushed) pushedAt = at
      pushed = now.pushed
      unclaimedSince = now.waiting === 0 ? undefined : isTaken ? at : (unclaimedSince ?? at)
      unsettledSince = now.inFlight === 0 ? undefined : isSettled ? at : (unsettledSince ?? at)
      const recent = points.filter((one) => at - one.at <= rateWindowMs)
      points = [...(recent.length === 0 ? points.slice(-1) : recent), point]
      ledger = now
    },
    observe: (at, trouble) => ({
      name,
      ledger,
      at: points.at(-1)?.at ?? at,
      trouble,
      rate: trouble === undefined ? rateIn(points) : null,
      progressAgo: progressAt === undefined ? undefined : at - progressAt,
      pushedAgo: pushedAt === undefined ? undefined : at - pushedAt,
      settledAgo: settledAt === undefined ? undefined : at - settledAt,
      unclaimedFor: unclaimedSince === undefined ? undefined : at - unclaimedSince,
      unsettledFor: unsettledSince === undefined ? undefined : at - unsettledSince
    }),
    reset: () => {
      points = []
      progressAt = undefined
      settledAt = undefined
      pushedAt = undefined
      pushed = undefined
      unclaimedSince = undefined
      unsettledSince = undefined
    }
  }
}

const settledIn = ({ topics }: QueueLedger): number => topics.reduce((sum, { received }) => sum + received, 0)

const rateIn = (points: ReadonlyArray<Point>): Figure => {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined || last.at <= first.at) return null
  return ((last.taken - first.taken) * 1000) / (last.at - first.at)
}

/** The number of lines that other programs pushed, on all servers. */
export const fromOthers = (queues: ReadonlyArray<QueueObservation>): number =>
  queues.reduce(
    (sum, { ledger }) =>
      sum + (ledger === undefined ? 0 : Math.max(0, ledger.taken + ledger.waiting - ledger.pushed)),
    0
  )
