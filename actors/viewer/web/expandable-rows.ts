/** Opens and closes the rows of a table by pointer and keyboard; one row at a time is in the tab order. */
import { closest } from "./element.ts"
import { type Choice, choiceOf } from "./filter-choice.ts"

type Row = HTMLElement

const isRow = (candidate: Element): candidate is Row =>
  candidate instanceof HTMLElement && candidate.classList.contains("event")

const neighbour = (row: Row, direction: "nextElementSibling" | "previousElementSibling"): Row | undefined => {
  let other = row[direction]
  while (other !== null && !isRow(other)) other = other[direction]
  return other ?? undefined
}

const rowsIn = (body: HTMLElement): ReadonlyArray<Row> => [...body.querySelectorAll<HTMLElement>(".event")]

const isOpen = (row: Row): boolean => row.getAttribute("aria-expanded") === "true"

const close = (row: Row): void => {
  if (!isOpen(row)) return
  row.setAttribute("aria-expanded", "false")
  row.nextElementSibling?.remove()
}

export interface ExpandableRowsOptions {
  /** The `tbody`, with rows of class `event`. */
  readonly body: HTMLElement
  /** Builds the row that shows all of an event. */
  readonly details: (row: Row) => HTMLElement
  /** Called when a value was chosen as a filter. */
  readonly onChoice: (choice: Choice) => void
  /** Called when a row was opened, closed or focused. */
  readonly onChange: () => void
}

/** The one row that is in the tab order. */
const tabStops = (body: HTMLElement) => {
  let current: Row | undefined
  const set = (row: Row | undefined): void => {
    if (current !== undefined) current.tabIndex = -1
    current = row
    if (current !== undefined) current.tabIndex = 0
  }
  const focus = (row: Row | undefined): void => {
    if (row === undefined) return
    set(row)
    row.focus()
  }
  return {
    set,
    focus,
    /** Focuses the row that is in the tab order. */
    enter: (): void => focus(current),
    /** Puts the first row into the tab order, unless the current row has the focus. */
    settle: (): void => {
      if (current?.isConnected && current.contains(document.activeElement)) return
      set(rowsIn(body)[0])
    }
  }
}

export const expandableRows = ({ body, details, onChoice, onChange }: ExpandableRowsOptions) => {
  const stops = tabStops(body)

  const open = (row: Row): void => {
    if (isOpen(row)) return
    row.setAttribute("aria-expanded", "true")
    row.after(details(row))
    stops.set(row)
  }
  const toggle = (row: Row): void => (isOpen(row) ? close(row) : open(row))

  const actions: Readonly<Record<string, (row: Row) => void>> = {
    Enter: toggle,
    ArrowRight: open,
    ArrowLeft: close,
    ArrowDown: (row) => stops.focus(neighbour(row, "nextElementSibling")),
    ArrowUp: (row) => stops.focus(neighbour(row, "previousElementSibling")),
    Home: () => stops.focus(rowsIn(body)[0]),
    End: () => stops.focus(rowsIn(body).at(-1)),
    Escape: (row) => (isOpen(row) ? close(row) : row.blur())
  }

  body.addEventListener("click", ({ target, ctrlKey, metaKey }) => {
    const chosen = closest(target, ".choice")
    if (chosen !== undefined && (chosen.closest(".event") === null || ctrlKey || metaKey))
      return onChoice(choiceOf(chosen))
    const row = closest(target, ".event")
    if (row === undefined || !(getSelection()?.isCollapsed ?? true)) return
    toggle(row)
    onChange()
  })

  /** Handles a key; true when it did something. */
  const press = (key: string, target: EventTarget | null): boolean => {
    const row = closest(target, ".details")?.previousElementSibling ?? null
    if (key === "Escape" && row !== null && isRow(row)) {
      stops.focus(row)
      close(row)
      return true
    }
    const action = actions[key]
    if (action === undefined || !(target instanceof Element) || !isRow(target)) return false
    action(target)
    return true
  }

  body.addEventListener("keydown", (pressed) => {
    const { key, target, ctrlKey, metaKey, altKey } = pressed
    if (ctrlKey || metaKey || altKey || !press(key, target)) return
    pressed.preventDefault()
    onChange()
  })

  return {
    settle: stops.settle,
    enter: stops.enter,
    /** Whether a row must stay when the list is trimmed. */
    isKept: (row: Element): boolean =>
      (row instanceof HTMLElement && isOpen(row)) ||
      row.classList.contains("details") ||
      row.contains(document.activeElement)
  }
}
