/** The limits of a queue, and when a push is done: the same in every implementation. */
import { Failure } from "../../contracts/failure.ts"

/** Where an event is when its push is done: on the queue server, also on one replica, or on the server's disk. */
export type Confirm = "server" | "replica" | "disk"

export interface PushRules {
  /** A push to a queue of this many lines is refused; 0 for no limit. One that begins below is accepted whole. */
  readonly maxLength: number
  /** The same for the estimated size of the lines, bytes; undefined: depends on the server's memory. */
  readonly maxBytes: number | undefined
  readonly confirm: Confirm
}

/**
 * How long the id of a push is remembered after its last push, milliseconds. An edge tries again within a minute; only one
 * that is cut off for longer than this, after the answer to a push was lost, stores that push twice.
 */
export const pushMemoryMs = 3_600_000

export const standardRules: PushRules = { maxLength: 10_000_000, maxBytes: undefined, confirm: "server" }

/** The failure of a push to a queue that is at its limit. */
export const full = (address: string, of: "lines" | "bytes"): Failure =>
  new Failure({
    reason: "busy",
    message:
      of === "lines"
        ? `The queue at ${address} is full: it has reached QUEUE_MAX_LENGTH. Start more drainers, or raise the limit.`
        : `The queue at ${address} is full: its lines have reached QUEUE_MAX_BYTES (unset: 60 % of the server's memory). Start more drainers, or raise the limit.`
  })
