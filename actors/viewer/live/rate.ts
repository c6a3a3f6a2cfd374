/** How many of something came in the last second. */

const window = 1_000

/** What comes within so many milliseconds is counted together. */
const grain = 50

export class Rate {
  #counts: Array<{ readonly since: number; count: number }> = []

  /** `now` in milliseconds, by a clock that never goes back. */
  add(count: number, now: number): void {
    const last = this.#counts.at(-1)
    if (last !== undefined && now - last.since < grain) last.count += count
    else {
      this.#counts.push({ since: now, count })
      this.#forget(now)
    }
  }

  at(now: number): number {
    this.#forget(now)
    return this.#counts.reduce((sum, { count }) => sum + count, 0)
  }

  #forget(now: number): void {
    while (this.#counts[0] !== undefined && this.#counts[0].since <= now - window) this.#counts.shift()
  }
}
