/**
 * Sends an event through the gateway and shows its arrival: the response of the gateway, the event in the live stream, its
 * timeline. Uses its own live connection, from the response until the event has arrived.
 */
import type { EventView, TestAnswer } from "../../inspect/events/messages.ts"
import { type Content, element, link } from "./element.ts"
import { eventParts } from "./event-details.ts"
import { typeSwatch } from "./event-row.ts"
import { messageOf, span } from "./format.ts"
import { inert } from "./inert-text.ts"
import { liveConnection } from "./live-connection.ts"
import { testEventForm } from "./test-event-form.ts"
import { sendTestEvent } from "./viewer-api.ts"

/** Time without the event until possible reasons are shown, milliseconds. */
const slowMs = 15_000

const step = (className: string, title: string, content: ReadonlyArray<Node> = []): HTMLLIElement =>
  element("li", className, [element("b", "", title), ...content])

const isAccepted = ({ status }: TestAnswer): boolean => status >= 200 && status < 300

const gatewayStep = (answer: TestAnswer): HTMLLIElement => {
  const title = `The gateway answered ${answer.status} in ${span(answer.took)}`
  const body = element("code", "", inert(answer.body, 500))
  return step(isAccepted(answer) ? "done" : "failed", title, [body])
}

const slowHint = (): Content => [
  "Not arrived yet: a stage may be stalled, or the event was dead-lettered. ",
  link("/", "See the overview"),
  " or ",
  link("/dead-letters", "the dead letters"),
  "."
]

/** Adds the steps of one test event to `steps`, and its parts to `details` when it has arrived. Returns a function that stops it. */
const watchArrival = (steps: HTMLElement, details: HTMLElement, { marker, at }: TestAnswer): (() => void) => {
  const waiting = step("waiting", "Waiting for it in the live stream …")
  steps.append(waiting)
  const timer = setTimeout(() => waiting.append(element("span", "hint", slowHint())), slowMs)
  const stop = (): void => {
    clearTimeout(timer)
    connection.close()
  }

  const showArrived = (event: EventView): void => {
    stop()
    const position = `${event.topic} / ${event.partition ?? ""} / ${event.offset ?? ""}`
    waiting.className = "done"
    waiting.replaceChildren(
      element("b", "", `Seen in the live stream after ${span(Date.now() - at)}`),
      element("code", "", [typeSwatch(event.type), inert(position)])
    )
    details.replaceChildren(eventParts(event))
  }
  const connection = liveConnection({
    onMessage: ({ events: [event] }) => {
      if (event !== undefined) showArrived(event)
    },
    onState: () => {}
  })
  connection.watch({ param: `spoor_test=${marker}` })
  return stop
}

/** Fills the section. */
export const testEvent = (place: HTMLElement) => {
  let stopWatching = (): void => {}
  const steps = element("ol", "arrival")
  steps.setAttribute("aria-live", "polite")
  const details = element("div", "arrived")

  const send = async (): Promise<void> => {
    stopWatching()
    form.setBusy(true)
    details.replaceChildren()
    steps.replaceChildren(step("waiting", "Sent to the gateway …"))
    try {
      const answer = await sendTestEvent(form.read())
      steps.replaceChildren(gatewayStep(answer))
      if (isAccepted(answer)) stopWatching = watchArrival(steps, details, answer)
    } catch (error) {
      steps.replaceChildren(element("li", "failed", element("b", "", inert(messageOf(error)))))
    }
    form.setBusy(false)
  }
  const form = testEventForm(() => void send())
  place.replaceChildren(form.place, steps, details)

  return {
    open: form.focus,
    close: (): void => stopWatching()
  }
}
