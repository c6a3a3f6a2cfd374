/** How long to wait before trying again, milliseconds. */

const jittered = (milliseconds: number): number => Math.round(milliseconds * (0.5 + Math.random() / 2))

/** After so many failures in a row (from 1): 50 ms, doubling up to 2 s, spread so that many do not return at once. */
export const failurePause = (failures: number): number =>
  jittered(Math.min(2_000, 50 * 2 ** Math.min(failures, 10)))

/** After so many empty looks in a row (from 1): 2 ms at first, up to 50 ms when nothing has come for a while. */
export const idlePause = (looks: number): number => jittered(Math.min(50, 2 * looks))
