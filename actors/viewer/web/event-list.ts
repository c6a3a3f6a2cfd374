/**
 * The table of events, newest first and bounded. New events are inserted once per frame; they wait while the list is
 * paused, by the user or because the user reads in it.
 */
import type { EventView } from "../../inspect/events/messages.ts"
import { autoPause } from "./auto-pause.ts"
import { eventBuffer, type Item, maxItems } from "./event-buffer.ts"
import { eventRow, gapRow } from "./event-row.ts"
import { expandableRows } from "./expandable-rows.ts"
import type { Choice } from "./filter-choice.ts"

/** Interval of the check whether the user still reads in the list, milliseconds. */
const checkIntervalMs = 300

export interface EventListOptions {
  /** The `tbody`. */
  readonly body: HTMLElement
  /** An element above the table: when it is out of sight, the list is scrolled. */
  readonly top: HTMLElement
  /** Builds the row that shows all of an event. */
  readonly details: (event: EventView) => HTMLElement
  /** The names of the parameters in the filter. */
  readonly filteredParams: () => ReadonlySet<string>
  /** Called when a value was chosen as a filter. */
  readonly onChoice: (choice: Choice) => void
  /** Called with the number of waiting events and the reason of the pause. */
  readonly onChange: (waiting: number, reason: string | undefined) => void
}

/** Runs `update` once in the next frame, however often it is requested. */
const oncePerFrame = (update: () => void): (() => void) => {
  let isRequested = false
  return () => {
    if (isRequested) return
    isRequested = true
    requestAnimationFrame(() => {
      isRequested = false
      update()
    })
  }
}

/** Removes the oldest rows when there are too many, except those that are open or focused. */
const trim = (body: HTMLElement, isKept: (row: Element) => boolean): void => {
  let row = body.lastElementChild
  for (let excess = body.children.length - maxItems; excess > 0 && row !== null; excess--) {
    const before = row.previousElementSibling
    if (!isKept(row)) row.remove()
    row = before
  }
}

/** The rows of the table and the event of each. */
const eventRows = ({ body, details, filteredParams, onChoice }: EventListOptions, onChange: () => void) => {
  const events = new WeakMap<Element, EventView>()
  const detailsOf = (row: HTMLElement): HTMLElement => {
    const event = events.get(row)
    if (event === undefined) throw new Error("The row has no event.")
    return details(event)
  }
  const rows = expandableRows({ body, details: detailsOf, onChoice, onChange })
  const rowOf = (item: Item): HTMLElement => {
    if (typeof item === "number") return gapRow(item)
    const row = eventRow(item, filteredParams())
    events.set(row, item)
    return row
  }
  return {
    prepend: (items: ReadonlyArray<Item>, dropped: number): void => {
      const fresh = document.createDocumentFragment()
      for (const item of items) fresh.prepend(rowOf(item))
      if (dropped > 0) fresh.append(gapRow(dropped))
      body.prepend(fresh)
      trim(body, rows.isKept)
      rows.settle()
    },
    append: (items: ReadonlyArray<Item>): void => {
      body.append(...items.map(rowOf))
      rows.settle()
    },
    clear: (): void => {
      body.replaceChildren()
      rows.settle()
    },
    enter: rows.enter,
    isEmpty: (): boolean => body.firstElementChild === null,
    events: (): ReadonlyArray<EventView> =>
      [...body.querySelectorAll(".event")].flatMap((row) => events.get(row) ?? [])
  }
}

export const eventList = (options: EventListOptions) => {
  const { body, top, onChange } = options
  const buffer = eventBuffer()
  let isPaused = false

  const reason = (): string | undefined => (isPaused ? "while it is paused" : autoPauseReason())
  const flush = (): void => {
    const { items, dropped } = buffer.take()
    rows.prepend(items, dropped)
  }
  const requestUpdate = oncePerFrame(() => {
    const current = reason()
    if (current === undefined && buffer.count() > 0) flush()
    onChange(buffer.count(), current)
  })
  const autoPauseReason = autoPause(body, top, requestUpdate)
  const rows = eventRows(options, requestUpdate)
  body.closest("table")?.setAttribute("role", "treegrid")
  setInterval(() => {
    if (buffer.count() > 0) requestUpdate()
  }, checkIntervalMs)

  return {
    /** Adds new events, oldest first; a number is the number of events left out at that point. */
    add: (items: ReadonlyArray<Item>): void => {
      buffer.add(items)
      requestUpdate()
    },
    /** Appends events in their order; these are not bounded. */
    append: rows.append,
    clear: (): void => {
      buffer.clear()
      rows.clear()
      onChange(0, reason())
    },
    pause: (paused: boolean): void => {
      isPaused = paused
      requestUpdate()
    },
    /** Shows the waiting events, even while the list is paused. */
    showWaiting: (): void => {
      flush()
      if (top.getBoundingClientRect().top < 0) top.scrollIntoView()
      requestUpdate()
    },
    /** Moves the keyboard focus to the rows. */
    enter: rows.enter,
    isEmpty: rows.isEmpty,
    /** The events that are shown, from the top. */
    events: rows.events
  }
}
