/** What stands where there is nothing yet: how to send the first event. */
import { get } from "/page/ask.js"
import { copyButton } from "/page/copying.js"
import { element } from "/page/frame.js"

let asked

/** Where the gateway is, as the viewer knows it; without that, this machine with the usual port. */
const gateway = () => {
  const standard = `${location.hostname}:5222`
  asked ??= get("/api/gateway").then(
    ({ url }) => url ?? standard,
    () => standard
  )
  return asked
}

/** The sentence, and below it a command that sends an event. */
export const firstEvent = (sentence) => {
  const command = element("code", "", "")
  const made = element("div", "first-event", [element("p", "", sentence)])
  gateway().then((url) => {
    command.textContent = `curl '${url.replace(/\/$/, "")}/t/app_open?deviceid=abcdf'`
    made.append(
      element("p", "", "Send the first one:"),
      element("p", "snippet", [command, " ", copyButton("Copy", "the command", () => command.textContent)])
    )
  })
  return made
}
