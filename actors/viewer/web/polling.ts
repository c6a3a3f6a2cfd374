/**
 * Reads parts of a page again and again while it is visible. Data that could not be renewed turns grey, and the state
 * line says since when. Goes on for as long as the page is open.
 */
import { messageOf } from "./format.ts"
import { showState } from "./page-state.ts"
import { timeOfDay } from "./times.ts"
import { setData } from "./update-element.ts"

/** Reads a part; the signal aborts it. Resolves with a sentence when the viewer answered but some data is missing. */
export type ReadPart = (signal: AbortSignal) => Promise<string | undefined>

/** A viewer that does not answer for so long counts as gone, milliseconds. */
const requestTimeoutMs = 10_000

interface Trouble {
  readonly text: string
  /** Whether the data shown is older than it should be. */
  readonly isStale: boolean
}

/** The trouble of each part that has one. */
const troubles = new Map<string, Trouble>()
/** When each part was read last, milliseconds since 1970. */
const readAt = new Map<string, number>()

const showTroubles = (): void => {
  const all = [...troubles.values()]
  setData(document.body, "stale", String(all.some(({ isStale }) => isStale)))
  const first = all.find(({ isStale }) => isStale) ?? all[0]
  if (first === undefined) showState("live", "live")
  else showState("lost", first.text)
}

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === "TimeoutError"

/** Reads that part once. */
export const readNow = async (part: string, read: ReadPart): Promise<void> => {
  try {
    const text = await read(AbortSignal.timeout(requestTimeoutMs))
    if (typeof text === "string") troubles.set(part, { text, isStale: false })
    else troubles.delete(part)
    readAt.set(part, Date.now())
  } catch (error) {
    const why = isTimeout(error) ? "the viewer does not answer." : messageOf(error)
    const since = readAt.get(part)
    const when = since === undefined ? "not read" : `not read since ${timeOfDay(since)}`
    troubles.set(part, { text: `${when}: ${why}`, isStale: true })
  }
  showTroubles()
}

/** Reads that part now, and again after each interval. */
export const poll = async (part: string, read: ReadPart, intervalMs: number): Promise<void> => {
  if (!document.hidden) await readNow(part, read)
  setTimeout(poll, intervalMs, part, read, intervalMs)
}
