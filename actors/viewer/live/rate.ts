/** Counts events of the last second, in short buckets. */

const windowMs = 1_000

/** Length of a bucket, ms. */
const bucketMs = 50

export class Rate {
  #buckets: Array<{ readonly since: number; count: number }> = []

  /** `now` is a monotonic clock, ms. */
  add(count: number, now: number): void {
    const last = this.#buckets.at(-1)
    if (last !== undefined && now - last.since < bucketMs) last.count += count
    else {
      this.#buckets.push({ since: now, count })
      this.#expire(now)
    }
  }

  at(now: number): number {
    this.#expire(now)
    return this.#buckets.reduce((sum, { count }) => sum + count, 0)
  }

  #expire(now: number): void {
    while (this.#buckets[0] !== undefined && this.#buckets[0].since <= now - windowMs) this.#buckets.shift()
  }
}
