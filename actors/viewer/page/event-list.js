/**
 * The table of events, newest first and bounded. What comes is put in once a frame; while somebody reads (an event is
 * open, the list is scrolled, a row has the keyboard, the pointer moves over rows) it stands still and new ones wait.
 */
import { eventRow, gapRow } from "/page/event-row.js"

/** So many rows are shown, and so many events wait; of those that wait the oldest is left out. */
export const maxRows = 250

/** How long the list stands still after the pointer moved over it, milliseconds. */
const pointerRest = 1_200

const next = (row, sibling) => {
  let other = row[sibling]
  while (other !== null && !other.classList.contains("event")) other = other[sibling]
  return other
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.body the `tbody`
 * @param {HTMLElement} parts.top stands above it: when it is out of sight, the list is scrolled
 * @param {(event: object) => HTMLTableRowElement} parts.details the row that shows all of an event
 * @param {(choice: DOMStringMap) => void} parts.choose a value was chosen to filter by
 * @param {(waiting: number, why: string | undefined) => void} parts.changed how many wait, and why
 */
export const eventList = ({ body, top, details, choose, changed }) => {
  const events = new WeakMap()
  let waiting = []
  let skipped = 0
  const known = new Set()
  let isAsked = false
  let isPaused = false
  let isScrolled = false
  let movedAt = Number.NEGATIVE_INFINITY
  let tabStop

  const why = () => {
    if (isPaused) return "paused"
    if (body.querySelector('[aria-expanded="true"]') !== null) return "while an event is open"
    if (isScrolled) return "while you read further down"
    if (body.contains(document.activeElement) && document.activeElement.matches(":focus-visible"))
      return "while a row has the keyboard"
    if (performance.now() - movedAt < pointerRest) return "while the pointer moves over them"
    const selection = getSelection()
    if (selection !== null && !selection.isCollapsed && body.contains(selection.anchorNode))
      return "while text is selected"
    return undefined
  }

  const setTabStop = (row) => {
    if (tabStop !== undefined) tabStop.tabIndex = -1
    tabStop = row ?? undefined
    if (tabStop !== undefined) tabStop.tabIndex = 0
  }

  /** The oldest go, but not what is open or has the keyboard. */
  const trim = () => {
    let row = body.lastElementChild
    for (let over = body.children.length - maxRows; over > 0 && row !== null; over--) {
      const before = row.previousElementSibling
      const isKept =
        row.classList.contains("details") ||
        row.getAttribute("aria-expanded") === "true" ||
        row.contains(document.activeElement)
      if (!isKept) row.remove()
      row = before
    }
  }

  const rowOf = (one) => {
    if (typeof one === "number") return gapRow(one)
    const row = eventRow(one)
    events.set(row, one)
    return row
  }

  const flush = () => {
    const fresh = document.createDocumentFragment()
    for (const one of waiting) fresh.prepend(rowOf(one))
    if (skipped > 0) fresh.append(gapRow(skipped))
    waiting = []
    skipped = 0
    body.prepend(fresh)
    trim()
    if (tabStop === undefined || !tabStop.contains(document.activeElement))
      setTabStop(body.querySelector(".event"))
    changed(0, why())
  }

  const update = () => {
    isAsked = false
    const reason = why()
    if (reason === undefined && waiting.length + skipped > 0) return flush()
    changed(waiting.length + skipped, reason)
  }

  const askUpdate = () => {
    if (isAsked) return
    isAsked = true
    requestAnimationFrame(update)
  }

  /** Whether it came before: a socket that is opened again begins with what is kept. */
  const isKnown = ({ topic, partition, offset }) => {
    if (offset === undefined) return false
    const coordinates = `${topic} ${partition} ${offset}`
    if (known.has(coordinates)) return true
    known.add(coordinates)
    if (known.size > 4 * maxRows) known.delete(known.values().next().value)
    return false
  }

  const bound = () => {
    const over = waiting.length - maxRows
    if (over <= 0) return
    for (const one of waiting.splice(0, over)) skipped += typeof one === "number" ? one : 1
  }

  const close = (row) => {
    if (row.getAttribute("aria-expanded") !== "true") return
    row.setAttribute("aria-expanded", "false")
    row.nextElementSibling.remove()
    askUpdate()
  }
  const open = (row) => {
    if (row.getAttribute("aria-expanded") === "true") return
    row.setAttribute("aria-expanded", "true")
    row.after(details(events.get(row)))
    setTabStop(row)
    askUpdate()
  }
  const toggle = (row) => (row.getAttribute("aria-expanded") === "true" ? close(row) : open(row))

  const go = (row) => {
    if (row === null || row === undefined) return
    setTabStop(row)
    row.focus()
  }

  const keys = {
    Enter: toggle,
    ArrowRight: open,
    ArrowLeft: close,
    ArrowDown: (row) => go(next(row, "nextElementSibling")),
    ArrowUp: (row) => go(next(row, "previousElementSibling")),
    Home: () => go(body.querySelector(".event")),
    End: () => go([...body.querySelectorAll(".event")].at(-1)),
    Escape: (row) => (row.getAttribute("aria-expanded") === "true" ? close(row) : row.blur())
  }

  body.closest("table").setAttribute("role", "treegrid")
  body.addEventListener("click", (clicked) => {
    const chosen = clicked.target.closest(".choice")
    if (chosen !== null) return choose(chosen.dataset)
    const row = clicked.target.closest(".event")
    if (row !== null && (getSelection()?.isCollapsed ?? true)) toggle(row)
  })
  body.addEventListener("keydown", (pressed) => {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return
    const inside = pressed.target.closest(".details")
    if (inside !== null && pressed.key === "Escape") {
      go(inside.previousElementSibling)
      close(inside.previousElementSibling)
      return pressed.preventDefault()
    }
    const act = pressed.target.classList.contains("event") ? keys[pressed.key] : undefined
    if (act === undefined) return
    act(pressed.target)
    askUpdate()
    pressed.preventDefault()
  })
  body.addEventListener("pointermove", ({ pointerType }) => {
    if (pointerType === "mouse") movedAt = performance.now()
  })
  body.addEventListener("pointerleave", () => {
    movedAt = Number.NEGATIVE_INFINITY
    askUpdate()
  })
  body.addEventListener("focusout", askUpdate)
  new IntersectionObserver(([seen]) => {
    isScrolled = !seen.isIntersecting && seen.boundingClientRect.top < 0
    askUpdate()
  }).observe(top)
  setInterval(() => {
    if (waiting.length + skipped > 0) askUpdate()
  }, 300)

  return {
    /** New events, oldest first; a number among them says how many were left out there. */
    add: (some) => {
      for (const one of some) if (typeof one === "number" || !isKnown(one)) waiting.push(one)
      bound()
      askUpdate()
    },
    /** Events that are older than all that are shown, or come after them in a search: at the bottom, in their order. */
    append: (some) => {
      body.append(...some.map(rowOf))
      if (tabStop === undefined) setTabStop(body.querySelector(".event"))
    },
    clear: () => {
      waiting = []
      skipped = 0
      known.clear()
      body.replaceChildren()
      setTabStop(undefined)
      changed(0, why())
    },
    pause: (paused) => {
      isPaused = paused
      askUpdate()
    },
    /** Shows what waits now, whatever is open. */
    showWaiting: () => {
      flush()
      go(body.querySelector(".event"))
      body.querySelector(".event")?.blur()
      top.scrollIntoView({ block: "start" })
    },
    /** The keyboard goes to the first row. */
    enter: () => go(tabStop),
    isEmpty: () => body.firstElementChild === null,
    /** The events that are shown, from the top. */
    events: () => [...body.querySelectorAll(".event")].map((row) => events.get(row))
  }
}
