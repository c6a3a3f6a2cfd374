/** Content that is read again and again and seldom changes. */

/** Replaces the content only when its text has changed, so that a screen reader reads it once. */
export const showOnce = (place: HTMLElement, parts: ReadonlyArray<HTMLElement>): void => {
  const text = parts.map((part) => part.textContent).join("\n")
  if (place.dataset.text === text) return
  place.dataset.text = text
  place.replaceChildren(...parts)
}
