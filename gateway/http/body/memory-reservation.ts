/**
 * The memory reservation of one body. It grows as bytes arrive: a client that announces a large body and sends little
 * does not block memory. Lives until `release`.
 */
import { HttpError } from "../errors.ts"
import { closeConnection } from "./closing.ts"

/** Reserves bytes; returns a function that releases them, or undefined when no memory is left. */
export type Reserve = (bytes: number) => (() => void) | undefined

/** The smallest step of a reservation, unless less is needed, bytes. */
export const minReservation = 4_096

export class MemoryReservation {
  private readonly reserve: Reserve | undefined
  private readonly releases: Array<() => void> = []
  private bytes = 0

  constructor(reserve: Reserve | undefined) {
    this.reserve = reserve
  }

  /**
   * Grows the reservation to at least `bytes` and at most `maxBytes`. It doubles, like the buffer of the body. Throws an
   * `HttpError` (503) when no memory is left.
   */
  grow(bytes: number, maxBytes: number): void {
    if (this.reserve === undefined || bytes <= this.bytes) return
    const target = Math.min(maxBytes, Math.max(bytes, minReservation, 2 * this.bytes))
    const release = this.reserve(target - this.bytes)
    if (release === undefined) throw outOfMemory()
    this.releases.push(release)
    this.bytes = target
  }

  release(): void {
    for (const release of this.releases.splice(0)) release()
    this.bytes = 0
  }
}

const outOfMemory = (): HttpError =>
  new HttpError("busy", "Too many request bodies are in flight; try again later.", closeConnection)
