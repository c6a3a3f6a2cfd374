/**
 * Memory for one body, reserved as its bytes come: who announces much and sends little takes room from nobody. Lives
 * until `release`.
 */
import { HttpError } from "../errors.ts"
import { closeConnection } from "./closing.ts"

/** Reserves so many bytes; returns what gives them back, or undefined when there is no room. */
export type Reserve = (bytes: number) => (() => void) | undefined

/** The least that is reserved at once, unless less will come, in bytes. */
export const small = 4_096

export class MemoryReservation {
  private readonly reserve: Reserve | undefined
  private readonly parts: Array<() => void> = []
  private bytes = 0

  constructor(reserve: Reserve | undefined) {
    this.reserve = reserve
  }

  /**
   * Holds at least so many bytes from now on, and no more than `most`. It doubles, as the memory of what is gathered
   * does. Throws a `HttpError` (503) when there is no room for them.
   */
  hold(bytes: number, most: number): void {
    if (this.reserve === undefined || bytes <= this.bytes) return
    const wanted = Math.min(most, Math.max(bytes, small, 2 * this.bytes))
    const part = this.reserve(wanted - this.bytes)
    if (part === undefined) throw noRoom()
    this.parts.push(part)
    this.bytes = wanted
  }

  release(): void {
    for (const part of this.parts.splice(0)) part()
    this.bytes = 0
  }
}

const noRoom = (): HttpError =>
  new HttpError("busy", "More is being sent than this server may hold; try again.", closeConnection)
