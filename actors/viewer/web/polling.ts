/**
 * Polls the parts of a page while it is visible. Data that could not be refreshed turns grey, and the state line says
 * since when. Runs for as long as the page is open.
 */
import { messageOf } from "./format.ts"
import { showState } from "./page-state.ts"
import { timeOfDay } from "./times.ts"
import { setData } from "./update-element.ts"

/** Reads a part; the signal aborts it. Resolves with a sentence when the viewer answered but some data is missing. */
export type ReadPart = (signal: AbortSignal) => Promise<string | undefined>

/** Time limit of a request, milliseconds. */
const requestTimeoutMs = 10_000

interface Trouble {
  readonly text: string
  /** Whether the last refresh failed, so that old data is shown. */
  readonly isStale: boolean
}

/** The trouble of each part that has one. */
const troubles = new Map<string, Trouble>()
/** Time of the last successful read of each part, milliseconds since 1970. */
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
    const cause = isTimeout(error) ? "the viewer does not answer." : messageOf(error)
    const since = readAt.get(part)
    const when = since === undefined ? "not read" : `not read since ${timeOfDay(since)}`
    troubles.set(part, { text: `${when}: ${cause}`, isStale: true })
  }
  showTroubles()
}

/** Reads that part now, and again after each interval. */
export const poll = async (part: string, read: ReadPart, intervalMs: number): Promise<void> => {
  if (!document.hidden) await readNow(part, read)
  setTimeout(poll, intervalMs, part, read, intervalMs)
}
