/** How many events in which time: `100/s burst 200`, read from a setting. */

export interface Rate {
  /** Milliseconds after which one more event may come. */
  readonly interval: number
  /** Events that may come at once. */
  readonly burst: number
}

const form = /^(\d+(?:\.\d+)?)\s*(?:\/\s*(s|sec|second|m|min|minute|h|hour)\s*)?(?:[\s,]+burst\s+(\d+))?$/

const milliseconds: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Reads `100`, `100/s`, `6000/m`, `50/s burst 500`; undefined for what is none. Without a time it is a second; without
 * a burst all that may come in that time may come at once, as most people take it.
 */
export const rateOf = (text: string): Rate | undefined => {
  const [, amount = "", unit = "s", burst] = form.exec(text.trim().toLowerCase()) ?? []
  const per = milliseconds[unit.charAt(0)] ?? 1000
  const interval = per / Number(amount)
  if (amount === "" || !Number.isFinite(interval) || interval <= 0) return undefined
  const atOnce = burst === undefined ? Math.ceil(Number(amount)) : Number(burst)
  return atOnce < 1 ? undefined : { interval, burst: atOnce }
}
