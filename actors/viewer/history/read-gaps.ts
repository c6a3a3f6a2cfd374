/**
 * Whether this viewer can read the log, and the gaps in which it could not: for a gap, no records read does not mean that
 * there were none. Checks the log's health every two seconds; lives as long as the viewer.
 */
import { Clock, Effect } from "effect"
import type { Health } from "../../runtime/health.ts"

/** Milliseconds since 1970; without `until` the gap is still open. */
export interface Gap {
  readonly from: number
  readonly until: number | undefined
}

export interface LogReadGaps {
  readonly isLogReadable: () => boolean
  /** The last gaps, oldest first. */
  readonly gaps: () => ReadonlyArray<Gap>
}

/** For tests and for consumers without a log. */
export const noReadGaps: LogReadGaps = { isLogReadable: () => true, gaps: () => [] }

const checkInterval = "2 seconds"
const maxGaps = 100

export const makeLogReadGaps = Effect.fnUntraced(function* (health: Pick<Health, "lastFound">) {
  let gaps: ReadonlyArray<Gap> = []
  let readableAt = yield* Clock.currentTimeMillis
  const isLogReadable = (): boolean => gaps.at(-1)?.until !== undefined || gaps.length === 0

  const check = Effect.gen(function* () {
    const { log } = (yield* health.lastFound(["log"])).seams
    if (log === undefined) return
    const now = yield* Clock.currentTimeMillis
    const last = gaps.at(-1)
    if (log === "ok") {
      readableAt = now
      if (last !== undefined && last.until === undefined)
        gaps = [...gaps.slice(0, -1), { ...last, until: now }]
    } else if (isLogReadable()) gaps = [...gaps, { from: readableAt, until: undefined }].slice(-maxGaps)
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(check, Effect.sleep(checkInterval))))
  return { isLogReadable, gaps: () => gaps } satisfies LogReadGaps
})

/** Whether a gap overlaps that time; ms since 1970. */
export const hasGap = (gaps: ReadonlyArray<Gap>, from: number, until: number): boolean =>
  gaps.some((gap) => gap.from < until && (gap.until ?? Number.POSITIVE_INFINITY) > from)
