/** Why the list stands still: somebody reads in it. Listens for as long as the page is open. */

/** How long it stands still after the pointer moved over it, milliseconds. */
const pointerRest = 1_200

/**
 * @param {HTMLElement} body the `tbody`
 * @param {HTMLElement} top stands above it: when it is out of sight, the list is scrolled
 * @param {() => void} changed it may be otherwise now
 * @returns {() => string | undefined} a reason for a person; undefined: nobody reads
 */
export const listRest = (body, top, changed) => {
  let isScrolled = false
  let movedAt = Number.NEGATIVE_INFINITY

  body.addEventListener("pointermove", ({ pointerType }) => {
    if (pointerType === "mouse") movedAt = performance.now()
  })
  body.addEventListener("pointerleave", () => {
    movedAt = Number.NEGATIVE_INFINITY
    changed()
  })
  body.addEventListener("focusout", changed)
  const seeTop = ([seen]) => {
    isScrolled = !seen.isIntersecting && seen.boundingClientRect.top < 0
    changed()
  }
  new IntersectionObserver(seeTop, { rootMargin: "8px" }).observe(top)

  const hasKeyboard = () =>
    body.contains(document.activeElement) && document.activeElement.matches(":focus-visible")

  const isSelected = () => {
    const selection = getSelection()
    return selection !== null && !selection.isCollapsed && body.contains(selection.anchorNode)
  }

  return () => {
    if (body.querySelector('[aria-expanded="true"]') !== null) return "while an event is open"
    if (isScrolled) return "while you read further down"
    if (hasKeyboard()) return "while a row has the keyboard"
    if (isSelected()) return "while text is selected"
    if (performance.now() - movedAt < pointerRest) return "while the pointer moves"
    return undefined
  }
}
