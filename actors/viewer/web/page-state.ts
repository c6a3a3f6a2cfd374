/** The line at the head of a page that says whether its data is current. */
import { byId } from "./element.ts"

/** Chooses the colour of the line. */
export type PageState = "live" | "paused" | "waiting" | "lost"

/** Shows the state; an unchanged text is not written again, so that a screen reader reads it once. */
export const showState = (kind: PageState, text: string): void => {
  const place = byId("state")
  if (place.textContent === text) return
  place.dataset.kind = kind
  place.textContent = text
}
