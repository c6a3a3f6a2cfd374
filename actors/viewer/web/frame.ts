/** The head that all pages share: the navigation, the time zone and the keyboard shortcuts. */
import { button, byId, element, link } from "./element.ts"
import { listenForShortcuts, showShortcuts } from "./shortcuts.ts"
import { zoneButton } from "./time-zone.ts"

/** The pages: address, name, and another address of the same page. */
const pages: ReadonlyArray<readonly [address: string, text: string, alias?: string]> = [
  ["/", "Overview"],
  ["/events", "Events", "/kafidx"],
  ["/counters", "Numbers"],
  ["/reactions", "Reactions"],
  ["/dead-letters", "Dead letters"],
  ["/ledger", "Ledger"]
]

/** A link that is marked when it leads to the current page. */
const pageLink = ([address, text, alias]: (typeof pages)[number]): HTMLAnchorElement => {
  const created = link(address, text)
  const here = location.pathname
  if (here === address || here === alias) created.setAttribute("aria-current", "page")
  else if (address !== "/" && here.startsWith(`${address}/`)) created.setAttribute("aria-current", "true")
  return created
}

/** Fills the head of the page. */
export const showFrame = (): void => {
  const navigation = element("nav", "", pages.map(pageLink))
  navigation.setAttribute("aria-label", "Pages")
  const home = link("/", element("span", "", "Spoor"), "brand")
  home.setAttribute("aria-label", "Spoor: overview")
  const keys = button("?", showShortcuts, "plain keys-button")
  keys.setAttribute("aria-label", "Keyboard shortcuts")
  keys.title = "Keyboard shortcuts (?)"
  const tools = element("div", "frame-tools", [zoneButton(), keys])
  byId("frame").append(home, navigation, tools)
  listenForShortcuts()
}
