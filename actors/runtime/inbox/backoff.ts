/** Pauses before the next attempt, milliseconds, with jitter so that many processes do not retry at the same moment. */

const jittered = (milliseconds: number): number => Math.round(milliseconds * (0.5 + Math.random() / 2))

/** The pause after `failures` failures in a row (from 1): 50 ms, doubling up to 2 s. */
export const failureBackoffMs = (failures: number): number =>
  jittered(Math.min(2_000, 50 * 2 ** Math.min(failures, 10)))

/** The pause after `emptyPolls` empty polls in a row (from 1): 2 ms, growing to 50 ms while the queue stays empty. */
export const idlePollMs = (emptyPolls: number): number => jittered(Math.min(50, 2 * emptyPolls))
