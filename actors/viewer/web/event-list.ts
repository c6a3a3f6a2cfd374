/**
 * The table of events, newest first and bounded. What comes is put in once a frame; while somebody reads, or it is
 * paused, it stands still and what is new waits.
 */
import { eventRow, gapRow } from "/page/event-row.js"
import { listRest } from "/page/list-rest.js"
import { openRows } from "/page/open-rows.js"

/** So many rows are shown, and so many events wait; of those that wait the oldest is left out. */
const maxRows = 250

/** How often it is looked whether somebody still reads, milliseconds. */
const lookPause = 300

/**
 * @param {object} parts
 * @param {HTMLElement} parts.body the `tbody`
 * @param {HTMLElement} parts.top stands above it: when it is out of sight, the list is scrolled
 * @param {(event: object) => HTMLTableRowElement} parts.details the row that shows all of an event
 * @param {() => ReadonlySet<string>} parts.asked names of parameters that are looked for
 * @param {(choice: DOMStringMap) => void} parts.choose a value was chosen to filter by
 * @param {(waiting: number, why: string | undefined) => void} parts.changed how many wait, and why
 */
export const eventList = ({ body, top, details, asked, choose, changed }) => {
  const events = new WeakMap()
  /** The coordinates of what came. */
  const known = new Set()
  let waiting = []
  let skipped = 0
  let isAsked = false
  let isPaused = false

  const askUpdate = () => {
    if (isAsked) return
    isAsked = true
    requestAnimationFrame(update)
  }
  const rest = listRest(body, top, askUpdate)
  const rows = openRows({ body, details: (row) => details(events.get(row)), choose, changed: askUpdate })
  body.closest("table").setAttribute("role", "treegrid")

  const why = () => (isPaused ? "while it is paused" : rest())

  const update = () => {
    isAsked = false
    const reason = why()
    if (reason === undefined && waiting.length + skipped > 0) flush()
    changed(waiting.length + skipped, reason)
  }

  const rowOf = (one) => {
    if (typeof one === "number") return gapRow(one)
    const row = eventRow(one, asked())
    events.set(row, one)
    return row
  }

  /** The oldest go, but not what is open or has the keyboard. */
  const trim = () => {
    let row = body.lastElementChild
    for (let over = body.children.length - maxRows; over > 0 && row !== null; over--) {
      const before = row.previousElementSibling
      if (!rows.isKept(row)) row.remove()
      row = before
    }
  }

  const flush = () => {
    const fresh = document.createDocumentFragment()
    for (const one of waiting) fresh.prepend(rowOf(one))
    if (skipped > 0) fresh.append(gapRow(skipped))
    waiting = []
    skipped = 0
    body.prepend(fresh)
    trim()
    rows.settle()
  }

  /** Whether it came before: a socket that is opened again begins with what is kept. */
  const isKnown = ({ topic, partition, offset }) => {
    if (offset === undefined) return false
    const coordinates = `${topic} ${partition} ${offset}`
    if (known.has(coordinates)) return true
    known.add(coordinates)
    if (known.size > 8 * maxRows) known.delete(known.values().next().value)
    return false
  }

  const bound = () => {
    const over = waiting.length - maxRows
    if (over <= 0) return
    for (const one of waiting.splice(0, over)) skipped += typeof one === "number" ? one : 1
  }

  setInterval(() => {
    if (waiting.length + skipped > 0) askUpdate()
  }, lookPause)

  return {
    /** New events, oldest first; a number among them says how many were left out there. */
    add: (some) => {
      for (const one of some) if (typeof one === "number" || !isKnown(one)) waiting.push(one)
      bound()
      askUpdate()
    },
    /** Events for the bottom, in their order; these are not bounded. */
    append: (some) => {
      body.append(...some.map(rowOf))
      rows.settle()
    },
    clear: () => {
      waiting = []
      skipped = 0
      known.clear()
      body.replaceChildren()
      rows.settle()
      changed(0, why())
    },
    pause: (paused) => {
      isPaused = paused
      askUpdate()
    },
    /** Shows what waits now, whatever is open. */
    showWaiting: () => {
      flush()
      if (top.getBoundingClientRect().top < 0) top.scrollIntoView()
      askUpdate()
    },
    /** The keyboard goes to the rows. */
    enter: () => rows.enter(),
    isEmpty: () => body.firstElementChild === null,
    /** The events that are shown, from the top. */
    events: () => [...body.querySelectorAll(".event")].map((row) => events.get(row))
  }
}
