/** The most recent events of one stage, shown to new subscribers. Bounded in number and in bytes. */
import type { LiveEvent } from "./event.ts"

export class RecentEvents {
  readonly #maxCount: number
  readonly #maxBytes: number
  #events: ReadonlyArray<LiveEvent> = []

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  /** Oldest first. */
  get events(): ReadonlyArray<LiveEvent> {
    return this.#events
  }

  add(events: ReadonlyArray<LiveEvent>): void {
    const last =
      events.length >= this.#maxCount
        ? events.slice(-this.#maxCount)
        : [...this.#events, ...events].slice(-this.#maxCount)
    let bytes = 0
    let start = last.length
    while (start > 0) {
      bytes += last[start - 1]?.bytes ?? 0
      if (bytes > this.#maxBytes) break
      start--
    }
    this.#events = start === 0 ? last : last.slice(start)
  }
}
