/** What a push must keep to: how much a queue may hold, and when a push counts as done. The same in every implementation. */
import { Failure } from "../../contracts/failure.ts"

/** Who has an event when its push is done: `server` the queue server, `replica` one replica too, `disk` the server's disk. */
export type Confirm = "server" | "replica" | "disk"

export interface PushRules {
  /** A push to a list of so many lines is refused; 0 for no limit. One that begins below goes through whole. */
  readonly maxLength: number
  /** The same for what the lines weigh, in bytes, about; undefined leaves it to the server's memory. */
  readonly maxBytes: number | undefined
  readonly confirm: Confirm
}

export const standardRules: PushRules = { maxLength: 10_000_000, maxBytes: undefined, confirm: "server" }

/** The failure of a push to a queue that has as many lines, or as many bytes, as it may. */
export const full = (address: string, of: "lines" | "bytes"): Failure =>
  new Failure({
    reason: "busy",
    message:
      of === "lines"
        ? `The queue at ${address} is full: it has as many lines as QUEUE_MAX_LENGTH allows.`
        : `The queue at ${address} is full: its lines take as much room as QUEUE_MAX_BYTES allows (unset: 60 % of the server's memory).`
  })
