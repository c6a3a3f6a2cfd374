/** The empty state: how to send the first event. */
import { copyButton } from "./copy-button.ts"
import { element } from "./element.ts"
import { getGateway } from "./viewer-api.ts"

const defaultPort = 5222

let pending: Promise<string> | undefined

/** The address of the gateway; when the viewer does not know it, this host with the default port. */
const gatewayAddress = (): Promise<string> => {
  const standard = `${location.hostname}:${defaultPort}`
  pending ??= getGateway().then(
    ({ url }) => url ?? standard,
    () => standard
  )
  return pending
}

/** The sentence, and below it a command that sends an event. */
export const firstEvent = (sentence: string): HTMLElement => {
  const command = element("code")
  const created = element("div", "first-event", [element("p", "", sentence)])
  void gatewayAddress().then((address) => {
    command.textContent = `curl '${address.replace(/\/$/, "")}/t/app_open?deviceid=abcdf'`
    created.append(
      element("p", "", "Send the first one:"),
      element("p", "snippet", [
        command,
        " ",
        copyButton("Copy", "the command", () => command.textContent ?? "")
      ])
    )
  })
  return created
}
