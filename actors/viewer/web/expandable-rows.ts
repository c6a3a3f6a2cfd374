/** Opening and closing the rows of a table, by the pointer and by the keyboard; one row at a time is in the tab order. */

const siblingOf = (row, direction) => {
  let other = row[direction]
  while (other !== null && !other.classList.contains("event")) other = other[direction]
  return other
}

const isOpen = (row) => row.getAttribute("aria-expanded") === "true"

/**
 * @param {object} parts
 * @param {HTMLElement} parts.body the `tbody`, of rows with class `event`
 * @param {(row: HTMLTableRowElement) => HTMLTableRowElement} parts.details the row that shows all of it
 * @param {(choice: DOMStringMap) => void} parts.choose a value was chosen to filter by
 * @param {() => void} parts.changed a row was opened, closed or entered
 */
export const openRows = ({ body, details, choose, changed }) => {
  let tabStop

  const setTabStop = (row) => {
    if (tabStop !== undefined) tabStop.tabIndex = -1
    tabStop = row ?? undefined
    if (tabStop !== undefined) tabStop.tabIndex = 0
  }
  const go = (row) => {
    if (row === null || row === undefined) return
    setTabStop(row)
    row.focus()
  }
  const close = (row) => {
    if (!isOpen(row)) return
    row.setAttribute("aria-expanded", "false")
    row.nextElementSibling.remove()
  }
  const open = (row) => {
    if (isOpen(row)) return
    row.setAttribute("aria-expanded", "true")
    row.after(details(row))
    setTabStop(row)
  }
  const toggle = (row) => (isOpen(row) ? close(row) : open(row))

  const keys = {
    Enter: toggle,
    ArrowRight: open,
    ArrowLeft: close,
    ArrowDown: (row) => go(siblingOf(row, "nextElementSibling")),
    ArrowUp: (row) => go(siblingOf(row, "previousElementSibling")),
    Home: () => go(body.querySelector(".event")),
    End: () => go([...body.querySelectorAll(".event")].at(-1)),
    Escape: (row) => (isOpen(row) ? close(row) : row.blur())
  }

  body.addEventListener("click", ({ target, ctrlKey, metaKey }) => {
    const chosen = target.closest(".choice")
    if (chosen !== null && (chosen.closest(".event") === null || ctrlKey || metaKey))
      return choose(chosen.dataset)
    const row = target.closest(".event")
    if (row === null || !(getSelection()?.isCollapsed ?? true)) return
    toggle(row)
    changed()
  })

  body.addEventListener("keydown", (pressed) => {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return
    const { key, target } = pressed
    const inside = target.closest(".details")
    if (inside !== null && key === "Escape") {
      const row = inside.previousElementSibling
      go(row)
      close(row)
    } else if (target.classList.contains("event") && keys[key] !== undefined) keys[key](target)
    else return
    pressed.preventDefault()
    changed()
  })

  return {
    /** Other rows are there: the first is in the tab order, unless another has the keyboard. */
    settle: () => {
      if (tabStop?.isConnected && tabStop.contains(document.activeElement)) return
      setTabStop(body.querySelector(".event"))
    },
    /** The keyboard goes to the rows. */
    enter: () => go(tabStop),
    /** It must not go when there are too many rows. */
    isKept: (row) => isOpen(row) || row.classList.contains("details") || row.contains(document.activeElement)
  }
}
