/**
 * Sending an event through the gateway to see that it arrives: what the gateway says, the event in the live stream
 * by its marker, its way. It watches with a socket of its own, from the answer until the event is there.
 */
import { post } from "/page/ask.js"
import { eventParts } from "/page/event-details.js"
import { typeMark } from "/page/event-row.js"
import { button, element, link, span } from "/page/frame.js"
import { inert } from "/page/inert-text.js"
import { liveConnection } from "/page/live-connection.js"

/** After so long without the event it is said what may be, milliseconds. */
const doubtful = 15_000

const paramRow = (name, value) => {
  const field = (text, hint, className, most) => {
    const made = element("input", className)
    made.value = text
    made.maxLength = most
    made.spellcheck = false
    made.setAttribute("aria-label", hint)
    made.placeholder = hint.toLowerCase()
    return made
  }
  const row = element("div", "param", [
    field(name, "Name", "param-name", 200),
    "=",
    field(value, "Value", "param-value", 2_000)
  ])
  const remove = button("×", () => row.remove(), "small")
  remove.setAttribute("aria-label", "Remove this parameter")
  row.append(remove)
  return row
}

const labelled = (text, input) => {
  const made = element("label", "", [element("span", "", text)])
  made.append(input)
  return made
}

const stageItem = (kind, ...content) => element("li", kind, content)

const gatewayStage = ({ status, body, took }) => {
  const isTaken = status >= 200 && status < 300
  const text = `The gateway answered ${status} in ${span(took)}`
  return stageItem(isTaken ? "done" : "failed", element("b", "", text), element("code", "", inert(body, 500)))
}

/** The steps of one test event, as they happen, in `place`, and all of it in `whole` when it is there. */
const watchArrival = (place, whole, { marker, at }) => {
  const wait = stageItem("waiting", element("b", "", "Waiting to see it in the live stream …"))
  place.append(wait)
  const doubt = setTimeout(() => {
    wait.append(
      element("span", "hint", [
        "Not there yet: a stage may stand still, or it was set aside. ",
        link("/", "See the overview"),
        " or ",
        link("/dead-letters", "the dead letters"),
        "."
      ])
    )
  }, doubtful)

  const arrived = (event) => {
    clearTimeout(doubt)
    watching.close()
    const { topic, partition, offset } = event
    const lies = `${topic} / ${partition} / ${offset}`
    wait.className = "done"
    wait.replaceChildren(
      element("b", "", `Seen in the live stream after ${span(Date.now() - at)}`),
      element("code", "", [typeMark(event.type), inert(lies)])
    )
    whole.replaceChildren(eventParts(event))
  }
  const watching = liveConnection({
    message: ({ events }) => {
      if (events.length > 0) arrived(events[0])
    },
    state: () => {}
  })
  watching.watch({ param: `spoor_test=${marker}` })
  return () => {
    clearTimeout(doubt)
    watching.close()
  }
}

/** Fills the section with the form. @param {HTMLElement} place */
export const testEvent = (place) => {
  let leave = () => {}
  const type = element("input", "")
  type.value = "test_event"
  type.required = true
  type.maxLength = 200
  type.spellcheck = false
  const key = element("input", "")
  key.type = "password"
  key.autocomplete = "off"
  key.placeholder = "if asked for"
  const params = element("div", "params", [paramRow("source", "viewer")])
  const more = button("Add a parameter", () => {
    const row = paramRow("", "")
    params.append(row)
    row.querySelector("input").focus()
  })
  const send = element("button", "first", "Send")
  send.type = "submit"
  const stages = element("ol", "arrival")
  stages.setAttribute("aria-live", "polite")
  const whole = element("div", "arrived")
  const form = element("form", "test-form", [
    labelled("Type", type),
    element("div", "field", [element("span", "", "Parameters"), params, more]),
    labelled("Write key", key),
    send
  ])
  form.autocomplete = "off"

  const event = () => {
    const given = [...params.querySelectorAll(".param")].map((row) =>
      [...row.querySelectorAll("input")].map(({ value }) => value)
    )
    const named = given.filter(([name]) => name !== "")
    return {
      type: type.value.trim(),
      params: Object.fromEntries(named),
      ...(key.value === "" ? {} : { key: key.value })
    }
  }

  form.addEventListener("submit", async (submitted) => {
    submitted.preventDefault()
    leave()
    send.disabled = true
    whole.replaceChildren()
    stages.replaceChildren(stageItem("waiting", element("b", "", "Sent to the gateway …")))
    try {
      const answer = await post("/api/test-event", event())
      stages.replaceChildren(gatewayStage(answer))
      if (answer.status >= 200 && answer.status < 300) leave = watchArrival(stages, whole, answer)
    } catch (error) {
      stages.replaceChildren(stageItem("failed", element("b", "", inert(error.message))))
    }
    send.disabled = false
  })
  place.replaceChildren(form, stages, whole)

  return {
    open: () => type.focus(),
    close: () => leave()
  }
}
