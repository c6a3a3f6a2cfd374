/** A rate of events over time, read from a setting like `100/s burst 200`. */

export interface Rate {
  /** The time that one event takes from the bucket, milliseconds. */
  readonly intervalMs: number
  /** Maximum events accepted at once. */
  readonly burst: number
}

const pattern = /^(\d+(?:\.\d+)?)\s*(?:\/\s*(s|sec|second|m|min|minute|h|hour)\s*)?(?:[\s,]+burst\s+(\d+))?$/

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Parses `100`, `100/s`, `6000/m`, `50/s burst 500`; undefined for an invalid text. The default time unit is a second;
 * the default burst is the number of events of one unit.
 */
export const rateOf = (text: string): Rate | undefined => {
  const [, amount = "", unit = "s", written] = pattern.exec(text.trim().toLowerCase()) ?? []
  const intervalMs = (unitMs[unit.charAt(0)] ?? 1000) / Number(amount)
  if (amount === "" || !Number.isFinite(intervalMs) || intervalMs <= 0) return undefined
  const burst = written === undefined ? Math.ceil(Number(amount)) : Number(written)
  return burst < 1 ? undefined : { intervalMs, burst }
}
