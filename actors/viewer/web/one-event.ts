/** One event by its id, in any state: its timeline, and its parts from its record or its line. Shown above the list. */
import { button, element } from "./element.ts"
import { eventParts, linePart } from "./event-details.ts"
import { timelineSection } from "./event-timeline.ts"
import { inert } from "./inert-text.ts"

/** Fills `place`; `onClose` is called when the user closes it. */
export const oneEvent = (place: HTMLElement, onClose: () => void) => {
  let shownId: string | undefined

  const close = (): void => {
    shownId = undefined
    place.hidden = true
    place.replaceChildren()
  }

  const show = (id: string): void => {
    if (id === shownId) return
    shownId = id
    const closeButton = button("Close", () => {
      close()
      onClose()
    })
    const parts = element("div")
    let shownStage: string | undefined
    const timeline = timelineSection({
      id,
      onAnswer: ({ records: [record], line }) => {
        const event = record ?? line
        if (event === undefined || shownStage === event.stage) return
        shownStage = event.stage
        parts.replaceChildren(eventParts(event, timeline))
        if (record !== undefined) parts.append(linePart(line))
      }
    })
    const head = element("div", "panel-head", [element("h2", "", ["Event ", inert(id)]), closeButton])
    parts.append(timeline.place)
    place.replaceChildren(head, parts)
    place.hidden = false
  }

  return { show, close }
}
