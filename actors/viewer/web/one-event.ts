/** One event by its id, wherever it is: its way, and its parts as its record or its line tells them. Stands above the list. */
import { eventParts, linePart } from "/page/event-details.js"
import { button, element } from "/page/frame.js"
import { inert } from "/page/inert-text.js"
import { journeySection } from "/page/journey.js"

/** @param {HTMLElement} place @param {() => void} closed the reader has seen enough */
export const oneEvent = (place, closed) => {
  let shown

  const close = () => {
    shown = undefined
    place.hidden = true
    place.replaceChildren()
  }

  const show = (id) => {
    if (id === shown) return
    shown = id
    const away = button("Close", () => {
      close()
      closed()
    })
    const parts = element("div", "")
    let shownStage
    const found = ({ records: [record], line }) => {
      const known = record ?? line
      if (known === undefined || shownStage === known.stage) return
      shownStage = known.stage
      parts.replaceChildren(eventParts(known, journey))
      if (record !== undefined) parts.append(linePart(line))
    }
    const journey = journeySection(id, [], found)
    const head = element("div", "panel-head", [element("h2", "", ["Event ", inert(id)]), away])
    parts.append(journey)
    place.replaceChildren(head, parts)
    place.hidden = false
  }

  return { show, close }
}
