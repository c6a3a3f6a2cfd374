/**
 * Whether this viewer can read the log, and since when or for what time it could not: what it has not read then was not
 * nothing. Looks every two seconds; lives as long as the viewer.
 */
import { Clock, Effect } from "effect"
import type { Health } from "../../runtime/health.ts"

/** Milliseconds since 1970; without `until` it lasts. */
export interface Gap {
  readonly from: number
  readonly until: number | undefined
}

export interface Reading {
  readonly isReading: () => boolean
  /** Times in which the log did not answer, oldest first; those of the last hours. */
  readonly gaps: () => ReadonlyArray<Gap>
}

/** One that always reads, for tests and for what needs no log. */
export const alwaysReading: Reading = { isReading: () => true, gaps: () => [] }

const every = "2 seconds"
const mostGaps = 100

export const makeReading = Effect.fnUntraced(function* (health: Pick<Health, "lastFound">) {
  let gaps: ReadonlyArray<Gap> = []
  let goodAt = yield* Clock.currentTimeMillis
  const isReading = (): boolean => gaps.at(-1)?.until !== undefined || gaps.length === 0

  const scan = Effect.gen(function* () {
    const { log } = (yield* health.lastFound(["log"])).seams
    if (log === undefined) return
    const now = yield* Clock.currentTimeMillis
    const last = gaps.at(-1)
    if (log === "ok") {
      goodAt = now
      if (last !== undefined && last.until === undefined)
        gaps = [...gaps.slice(0, -1), { ...last, until: now }]
    } else if (isReading()) gaps = [...gaps, { from: goodAt, until: undefined }].slice(-mostGaps)
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(scan, Effect.sleep(every))))
  return { isReading, gaps: () => gaps } satisfies Reading
})

/** Was the log silent at some moment of that time? Milliseconds since 1970. */
export const isCut = (gaps: ReadonlyArray<Gap>, from: number, until: number): boolean =>
  gaps.some((gap) => gap.from < until && (gap.until ?? Number.POSITIVE_INFINITY) > from)
