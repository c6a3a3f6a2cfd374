/**
 * The wait of a drain loop whose last claims found nothing. At first it asks again after a few milliseconds, so that lines
 * that arrive together become one batch. Then it waits until the queue has lines, or a released batch is due again. Lives as
 * long as its loop.
 */
import { Effect } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { makeSignal } from "../../../bridge/signal.ts"
import { idlePollMs } from "./backoff.ts"

export interface IdleWait {
  /** A batch was released: it can be claimed again after `milliseconds`. */
  readonly released: (milliseconds: number) => void
  /** Waits after `emptyPolls` empty polls in a row (from 1); `asksOften`: never for longer than between two polls. */
  readonly next: (emptyPolls: number, asksOften: boolean) => Effect.Effect<void>
}

/** Empty polls before the loop waits for lines. */
const pollsBeforeWait = 3

/**
 * The longest wait, milliseconds: batches that other drainers released, and those whose lease expired, are found only by
 * asking.
 */
const maxWaitMs = 2_000

/** The shortest wait, and for how long a batch may be due without being found (the queue has a clock of its own). */
const minWaitMs = 20
const graceMs = 100

export const makeIdleWait = (
  { awaitLines }: Pick<QueueSource, "awaitLines">,
  now: () => number = () => performance.now()
): IdleWait => {
  const signal = makeSignal()
  let due: ReadonlyArray<number> = []
  return {
    released: (milliseconds) => {
      due = [...due, now() + milliseconds]
      signal.notify()
    },
    next: (emptyPolls, asksOften) =>
      Effect.suspend(() => {
        if (asksOften || emptyPolls < pollsBeforeWait) return Effect.sleep(idlePollMs(emptyPolls))
        due = due.filter((at) => at > now() - graceMs)
        const soonest = Math.min(maxWaitMs, ...due.map((at) => at - now()))
        return Effect.raceFirst(awaitLines(Math.max(minWaitMs, soonest)), signal.next())
      })
  }
}
