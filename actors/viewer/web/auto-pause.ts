/** Pauses the list of events while the user reads in it. Listens for as long as the page is open. */

/** How long the list pauses after the pointer has moved over it, milliseconds. */
const pointerPauseMs = 1_200

/**
 * Watches the rows of `body`. The list counts as scrolled when `top`, above it, is out of sight; `onChange` is called
 * when the reason may have changed. Returns a function that returns the reason as text, undefined without one.
 */
export const autoPause = (
  body: HTMLElement,
  top: HTMLElement,
  onChange: () => void
): (() => string | undefined) => {
  let isScrolled = false
  let movedAt = Number.NEGATIVE_INFINITY

  body.addEventListener("pointermove", ({ pointerType }) => {
    if (pointerType === "mouse") movedAt = performance.now()
  })
  body.addEventListener("pointerleave", () => {
    movedAt = Number.NEGATIVE_INFINITY
    onChange()
  })
  body.addEventListener("focusout", onChange)
  new IntersectionObserver(
    ([entry]) => {
      isScrolled = entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < 0
      onChange()
    },
    { rootMargin: "8px" }
  ).observe(top)

  const hasFocus = (): boolean => {
    const { activeElement } = document
    return activeElement !== null && body.contains(activeElement) && activeElement.matches(":focus-visible")
  }

  const hasSelection = (): boolean => {
    const selection = getSelection()
    return selection !== null && !selection.isCollapsed && body.contains(selection.anchorNode)
  }

  return () => {
    if (body.querySelector('[aria-expanded="true"]') !== null) return "while an event is open"
    if (isScrolled) return "while you are scrolled down"
    if (hasFocus()) return "while a row has keyboard focus"
    if (hasSelection()) return "while text is selected"
    if (performance.now() - movedAt < pointerPauseMs) return "while the pointer moves"
    return undefined
  }
}
