/**
 * The lines of events that flowed by while somebody looked, so that an event which is stored can still be shown as it
 * came: the log has only its record. Lives as long as the viewer; the newest stay.
 */

import type { ByteString } from "../../../contracts/event.ts"
import type { Copies } from "../../../contracts/event-copy.ts"
import { eventId } from "../../../contracts/ids.ts"

/** How many are kept, and how many bytes they may weigh together. */
const most = 20_000
const mostBytes = 8 * 1024 * 1024

export interface LineMemory {
  /** Keeps the lines of copies, where they have any. */
  readonly add: (copies: Copies) => void
  readonly lineOf: (id: string) => ByteString | undefined
}

export const lineMemory = (limit = most, limitBytes = mostBytes): LineMemory => {
  const lines = new Map<string, ByteString>()
  let bytes = 0
  const forget = (id: string, line: ByteString): void => {
    lines.delete(id)
    bytes -= line.length
  }
  return {
    add: ({ batch, events }) => {
      for (const { index, line } of events) {
        if (line === undefined) continue
        const id = eventId(batch, index)
        const known = lines.get(id)
        if (known !== undefined) forget(id, known)
        lines.set(id, line)
        bytes += line.length
      }
      for (const [id, line] of lines) {
        if (lines.size <= limit && bytes <= limitBytes) break
        forget(id, line)
      }
    },
    lineOf: (id) => lines.get(id)
  }
}
