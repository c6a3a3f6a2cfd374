/**
 * The raw lines of events that were copied while the feed had a subscriber, so that a stored event can still be shown as it was
 * received: the log has only its record. Lives as long as the viewer; the oldest lines are evicted first.
 */

import type { ByteString } from "../../../contracts/event.ts"
import type { Copies } from "../../../contracts/event-copy.ts"
import { eventId } from "../../../contracts/ids.ts"

/** Maximum number of lines, and of their bytes together. */
const maxLines = 20_000
const maxTotalBytes = 8 * 1024 * 1024

export interface RawLineCache {
  /** Caches the lines of the copies that have one. */
  readonly add: (copies: Copies) => void
  readonly lineOf: (id: string) => ByteString | undefined
}

export const rawLineCache = (max = maxLines, maxBytes = maxTotalBytes): RawLineCache => {
  const lines = new Map<string, ByteString>()
  let bytes = 0
  const evict = (id: string, line: ByteString): void => {
    lines.delete(id)
    bytes -= line.length
  }
  return {
    add: ({ batch, events }) => {
      for (const { index, line } of events) {
        if (line === undefined) continue
        const id = eventId(batch, index)
        const known = lines.get(id)
        if (known !== undefined) evict(id, known)
        lines.set(id, line)
        bytes += line.length
      }
      for (const [id, line] of lines) {
        if (lines.size <= max && bytes <= maxBytes) break
        evict(id, line)
      }
    },
    lineOf: (id) => lines.get(id)
  }
}
