/** What a gateway at the edge needs of the place that keeps its state: a Durable Object, or the Deno process. */
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { PushedLines } from "../../contracts/messages/pushed-lines.ts"

/** Figures of the lines at the edge, since the object or process started, but for what is stored. */
export interface EdgeFigures {
  /** Lines that are stored and not yet forwarded, their bytes, and the age of the oldest, milliseconds. */
  readonly lines: number
  readonly bytes: number
  readonly oldestMs: number
  /** Lines that the centre has confirmed. */
  readonly delivered: number
  /** Attempts to push to the centre that failed. */
  readonly failures: number
  /** Why the last attempt failed; undefined while the centre takes lines. */
  readonly problem: string | undefined
}

export interface EdgeStore {
  /** One entry per line: undefined when it is where EDGE_ACK says, else why not. Never rejects. */
  readonly push: (lines: ReadonlyArray<ByteString>) => Promise<ReadonlyArray<Failure | undefined>>
  /** The salt of a day (days since 1970): the stored one, else `proposed`, which is then stored. Rejects with `Failure`. */
  readonly salt: (day: number, proposed: string) => Promise<string>
  readonly figures: () => Promise<EdgeFigures>
}

/** Lines stored at the edge, in order: SQLite of a Durable Object, or Deno KV. */
export interface LineStore {
  /** Stores the lines after all others. Rejects with `Failure`: "busy" when full, "too-large" for a line it cannot hold. */
  readonly append: (lines: ReadonlyArray<ByteString>) => Promise<void>
  /** The oldest lines, as one push. The same push until it is settled, also after a restart; undefined when none are stored. */
  readonly next: () => Promise<PushedLines | undefined>
  /** Removes a push that the centre has. */
  readonly settle: (push: PushedLines) => Promise<void>
  readonly size: () => Promise<Pick<EdgeFigures, "lines" | "bytes" | "oldestMs">>
  /** See `EdgeStore.salt`; deletes salts whose time is over. */
  readonly salt: (day: number, proposed: string) => Promise<string>
}
