/**
 * Reading again and again while the page is to be seen: what cannot be read any more turns grey, and since when is said.
 * Goes on as long as the page is open.
 */
import { mark } from "/page/drawing.js"
import { showState, timeOfDay } from "/page/frame.js"

/** A viewer that says nothing for so long is gone, milliseconds. */
const patience = 10_000

/** Of each part that is read: what is wrong, and whether what is shown of it is old; not there when it is well. */
const troubles = new Map()
/** When each was read last, milliseconds since 1970. */
const readAt = new Map()

const showAll = () => {
  const all = [...troubles.values()]
  mark(document.body, "stale", String(all.some(({ isOld }) => isOld)))
  const first = all.find(({ isOld }) => isOld) ?? all[0]
  if (first === undefined) showState("live", "live")
  else showState("lost", first.text)
}

/**
 * Reads that part once. `read` gets a signal that ends it when the viewer is silent; what it returns is a sentence that
 * says what could not be read though the viewer answered.
 */
export const readNow = async (part, read) => {
  try {
    const text = await read(AbortSignal.timeout(patience))
    if (text === undefined) troubles.delete(part)
    else troubles.set(part, { text, isOld: false })
    readAt.set(part, Date.now())
  } catch (error) {
    const why = error.name === "TimeoutError" ? "the viewer does not answer." : error.message
    const since = readAt.get(part)
    const when = since === undefined ? "not read" : `not read since ${timeOfDay(since)}`
    troubles.set(part, { text: `${when}: ${why}`, isOld: true })
  }
  showAll()
}

/** Reads that part now, and again after each `interval`, milliseconds. */
export const keepFresh = async (part, read, interval) => {
  if (!document.hidden) await readNow(part, read)
  setTimeout(keepFresh, interval, part, read, interval)
}
