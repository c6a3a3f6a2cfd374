/**
 * What the ledgers of the queue's servers say over time: what waits, how fast lines are taken, and for how long none
 * was. Lives as long as the watch. Times are milliseconds of a steady clock.
 */
import type { QueueLedger } from "../../../bridge/ingest-queue/service.ts"
import type { Figure } from "./system-view.ts"

/** One server as it was seen last, and over the last seconds. */
export interface QueueObservation {
  /** "queue", or "queue 2" where there are several. */
  readonly name: string
  /** Undefined until it has answered. */
  readonly ledger: QueueLedger | undefined
  /** When it answered last. */
  readonly at: number
  /** Why it did not answer; undefined when it did. */
  readonly trouble: string | undefined
  /** Lines a second that were claimed; null when it is not known: it does not answer, or has done so once only. */
  readonly rate: Figure
  /** Milliseconds since a line was claimed or let go; undefined: not since the watch began. */
  readonly movedAgo: number | undefined
  /** Since Spoor's own gateways pushed one. */
  readonly pushedAgo: number | undefined
  /** Since one was let go. What is claimed may come back, this does not. */
  readonly settledAgo: number | undefined
  /** For how long lines have waited and none was claimed; undefined: none waits, or they are being claimed. */
  readonly unclaimedFor: number | undefined
  /** For how long lines have been in flight and none was let go. */
  readonly unsettledFor: number | undefined
}

export interface QueueHistory {
  readonly hear: (ledger: QueueLedger, at: number) => void
  readonly seen: (at: number, trouble: string | undefined) => QueueObservation
  /** The watch begins anew after a pause. */
  readonly begin: () => void
}

/** Rates are made of so many milliseconds. */
const window = 3_000

interface Point {
  readonly at: number
  readonly taken: number
  readonly settled: number
}

export const makeQueueHistory = (name: string): QueueHistory => {
  let points: ReadonlyArray<Point> = []
  let ledger: QueueLedger | undefined
  let movedAt: number | undefined
  let settledAt: number | undefined
  let pushedAt: number | undefined
  let pushed: number | undefined
  let unclaimedSince: number | undefined
  let unsettledSince: number | undefined

  return {
    hear: (now, at) => {
      const point = { at, taken: now.taken, settled: settledIn(now) }
      const before = points.at(-1)
      // Counts that became less were deleted, and begin anew.
      if (before !== undefined && (point.taken < before.taken || point.settled < before.settled)) points = []
      const isTaken = before !== undefined && point.taken > before.taken
      const isSettled = before !== undefined && point.settled > before.settled
      if (isTaken || isSettled) movedAt = at
      if (isSettled) settledAt = at
      if (pushed !== undefined && now.pushed > pushed) pushedAt = at
      pushed = now.pushed
      unclaimedSince = now.waiting === 0 ? undefined : isTaken ? at : (unclaimedSince ?? at)
      unsettledSince = now.inFlight === 0 ? undefined : isSettled ? at : (unsettledSince ?? at)
      const recent = points.filter((one) => at - one.at <= window)
      points = [...(recent.length === 0 ? points.slice(-1) : recent), point]
      ledger = now
    },
    seen: (at, trouble) => ({
      name,
      ledger,
      at: points.at(-1)?.at ?? at,
      trouble,
      rate: trouble === undefined ? rateIn(points) : null,
      movedAgo: movedAt === undefined ? undefined : at - movedAt,
      pushedAgo: pushedAt === undefined ? undefined : at - pushedAt,
      settledAgo: settledAt === undefined ? undefined : at - settledAt,
      unclaimedFor: unclaimedSince === undefined ? undefined : at - unclaimedSince,
      unsettledFor: unsettledSince === undefined ? undefined : at - unsettledSince
    }),
    begin: () => {
      points = []
      movedAt = undefined
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

/** Lines that other programs than Spoor pushed, on all servers. */
export const fromOthers = (queues: ReadonlyArray<QueueObservation>): number =>
  queues.reduce(
    (sum, { ledger }) =>
      sum + (ledger === undefined ? 0 : Math.max(0, ledger.taken + ledger.waiting - ledger.pushed)),
    0
  )
