/** The last events of one stage, for those who come later: bounded in number and in bytes. */
import type { LiveEvent } from "./event.ts"

export class LiveHistory {
  readonly #count: number
  readonly #bytes: number
  #events: ReadonlyArray<LiveEvent> = []

  constructor(count: number, bytes: number) {
    this.#count = count
    this.#bytes = bytes
  }

  /** Oldest first. */
  get events(): ReadonlyArray<LiveEvent> {
    return this.#events
  }

  add(events: ReadonlyArray<LiveEvent>): void {
    const last =
      events.length >= this.#count
        ? events.slice(-this.#count)
        : [...this.#events, ...events].slice(-this.#count)
    let bytes = 0
    let start = last.length
    while (start > 0) {
      bytes += last[start - 1]?.weight ?? 0
      if (bytes > this.#bytes) break
      start--
    }
    this.#events = start === 0 ? last : last.slice(start)
  }
}
