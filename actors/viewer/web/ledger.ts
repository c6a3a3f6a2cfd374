/** The ledger, read every two seconds while the page is visible; and the search for one event. */
import type { Ledger } from "../../inspect/ledger/types.ts"
import { showFailure, showPending } from "./bulk-outcome.ts"
import { byId, byIdAs, element } from "./element.ts"
import { showEventLocation } from "./event-location.ts"
import { number } from "./format.ts"
import { showFrame } from "./frame.ts"
import { allRulesRow, queueRows, ruleRows, topicRows, totalRows } from "./ledger-table.ts"
import { poll } from "./polling.ts"
import { showOnce } from "./show-once.ts"
import { moment } from "./times.ts"
import { getLedger, locateEvent } from "./viewer-api.ts"

const intervalMs = 2000

const uncounted = ({ queues }: Ledger): number => queues.filter(({ trouble }) => trouble !== undefined).length

const accounted = ({ reactions }: Ledger): string =>
  reactions === null || reactions.length === 0 ? "line" : "line and every reaction"

const balanceOf = (ledger: Ledger): ReadonlyArray<HTMLElement> => {
  const { balanced, complete, warnings, queues } = ledger
  const missing = uncounted(ledger)
  if (missing === queues.length)
    return [element("p", "verdict bad", "Nothing can be counted now: no queue responds, see below.")]
  const parts: Array<HTMLElement> = []
  if (!balanced) parts.push(element("p", "verdict bad", "The ledger does not balance."))
  else if (complete)
    parts.push(
      element("p", "verdict good", `The ledger balances: every ${accounted(ledger)} is accounted for.`)
    )
  else parts.push(element("p", "verdict", "The ledger balances as far as it could be counted."))
  if (missing > 0) {
    const which = missing === 1 ? "One queue" : `${number(missing)} queues`
    const text = `${which} of ${number(queues.length)} could not be counted; see below.`
    parts.push(element("p", "trouble", text))
  }
  const className = balanced ? "remark" : "trouble"
  return [...parts, ...warnings.map((warning) => element("p", className, warning))]
}

const uncountedText = (ledger: Ledger): string =>
  uncounted(ledger) > 0 ? "some queues could not be counted" : "the reactions could not be counted"

const notesOf = ({ fromOthers }: Ledger): string => {
  if (fromOthers === null) return ""
  const others =
    fromOthers === 0 ? "" : `${number(fromOthers)} of the received lines were pushed by other trackers. `
  return `${others}A replayed line counts once, where it is now; Replays counts how often lines were replayed.`
}

/** The lines of rules, if there are any, or why they are not known. */
const showReactions = (ledger: Ledger): void => {
  const { reactions, reactionsTrouble } = ledger
  byId("reactions-part").hidden = reactions?.length === 0
  byId("reactions").hidden = reactions === null
  const trouble = byId("reactions-trouble")
  trouble.hidden = reactions !== null
  trouble.textContent = reactions === null ? `Reactions could not be counted: ${reactionsTrouble ?? ""}` : ""
  byId("rules").replaceChildren(...ruleRows(reactions ?? []))
  byId("all-rules").replaceChildren(...allRulesRow(ledger))
}

const refresh = async (signal: AbortSignal): Promise<string | undefined> => {
  const ledger = await getLedger(signal)
  showOnce(byId("verdict"), balanceOf(ledger))
  byId("topics").replaceChildren(...topicRows(ledger))
  byId("total").replaceChildren(...totalRows(ledger))
  byId("queues").replaceChildren(...queueRows(ledger))
  byId("notes").textContent = notesOf(ledger)
  showReactions(ledger)
  const { since } = ledger
  showOnce(byId("since"), since === undefined ? [] : [element("span", "", "since "), moment(since)])
  return ledger.complete ? undefined : uncountedText(ledger)
}

const locate = async (id: string): Promise<void> => {
  const place = byId("event-location")
  if (id === "") return place.replaceChildren()
  showPending(place, "Searching …")
  try {
    showEventLocation(place, await locateEvent(id))
  } catch (error) {
    showFailure(place, error)
  }
}

const field = byIdAs("event", HTMLInputElement)

byId("locate").addEventListener("submit", (event) => {
  event.preventDefault()
  const id = field.value.trim()
  const address = new URL(location.href)
  address.searchParams.set("event", id)
  history.replaceState(null, "", address)
  void locate(id)
})

field.value = new URLSearchParams(location.search).get("event") ?? ""
showFrame()
await Promise.all([poll("the ledger", refresh, intervalMs), locate(field.value.trim())])
