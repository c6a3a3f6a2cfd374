/**
 * One direction of a proxied connection: passes bytes from one socket to the other in order, at once, late, or not
 * until it is released. Lives as long as its sockets.
 */
import type { Socket } from "node:net"

export interface Flow {
  readonly to: Socket
  /** Forwards the bytes after `lag` milliseconds; returns "held" when they wait for `release`. */
  readonly send: (data: Buffer, lag: number) => "sent" | "held"
  /** Holds all bytes until `release`. */
  readonly hold: () => void
  readonly release: () => void
  /** Runs an action after all earlier bytes have passed: at once, or after the release. */
  readonly finish: (then: () => void) => void
}

interface Waiting {
  readonly due: number
  readonly pass: () => void
}

export const makeFlow = (from: Socket, to: Socket): Flow => {
  const waiting: Array<Waiting> = []
  let isHeld = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const write = (data: Buffer): void => {
    if (to.destroyed || to.write(data)) return
    from.pause()
    to.once("drain", () => from.resume())
  }

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const now = performance.now()
    while (!isHeld) {
      const next = waiting[0]
      if (next === undefined) return
      if (next.due > now) {
        timer = setTimeout(flush, next.due - now)
        return
      }
      waiting.shift()
      next.pass()
    }
  }

  const queue = (pass: () => void, lag: number): void => {
    waiting.push({ due: performance.now() + lag, pass })
    flush()
  }

  return {
    to,
    send: (data, lag) => {
      if (!isHeld && lag === 0 && waiting.length === 0) write(data)
      else queue(() => write(data), lag)
      return isHeld ? "held" : "sent"
    },
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      flush()
    },
    finish: (then) => {
      if (!isHeld && waiting.length === 0) then()
      else queue(then, 0)
    }
  }
}
