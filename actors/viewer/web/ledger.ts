/** The ledger, read again every two seconds while the page is to be seen; and the search for one event. */
import { get } from "/page/ask.js"
import { element, moment, number, showFrame } from "/page/frame.js"
import { keepFresh } from "/page/keep-fresh.js"
import { queueRows, topicRows, totalRow } from "/page/ledger-table.js"
import { showTrouble, showUnderWay } from "/page/outcome.js"
import { showWhereabouts } from "/page/whereabouts.js"

const interval = 2000
const at = (id) => document.getElementById(id)

/** Told only when it has changed, so that a screen reader says it once. */
const showOnce = (place, parts) => {
  const text = parts.map((part) => part.textContent).join("\n")
  if (place.dataset.text === text) return
  place.dataset.text = text
  place.replaceChildren(...parts)
}

const isUncounted = ({ queues }) => queues.every(({ trouble }) => trouble !== undefined)

const verdictOf = (ledger) => {
  if (isUncounted(ledger)) {
    return [element("p", "verdict bad", "Nothing can be counted now: no queue answers, see below.")]
  }
  const { balanced, complete, warnings, queues } = ledger
  const parts = []
  const missing = queues.filter(({ trouble }) => trouble !== undefined).length
  if (!balanced) parts.push(element("p", "verdict bad", "It does not add up."))
  else if (complete) parts.push(element("p", "verdict good", "It adds up: every line is accounted for."))
  else parts.push(element("p", "verdict", "It adds up as far as it could be counted."))
  if (missing > 0) {
    const those = missing === 1 ? "One queue" : `${number(missing)} queues`
    parts.push(
      element("p", "trouble", `${those} of ${number(queues.length)} could not be counted; see below.`)
    )
  }
  const kind = balanced ? "remark" : "trouble"
  return [...parts, ...warnings.map((warning) => element("p", kind, warning))]
}

const notesOf = ({ fromOthers }) => {
  if (fromOthers === null) return ""
  const others =
    fromOthers === 0
      ? ""
      : `${number(fromOthers)} of the received were not pushed by Spoor but by other trackers. `
  return `${others}A line that was replayed counts once, where it is now; Replays says how often that was done.`
}

const refresh = async (signal) => {
  const ledger = await get("/api/ledger", signal)
  showOnce(at("verdict"), verdictOf(ledger))
  at("topics").replaceChildren(...topicRows(ledger))
  at("total").replaceChildren(...(isUncounted(ledger) ? [] : [totalRow(ledger)]))
  at("queues").replaceChildren(...queueRows(ledger))
  at("notes").textContent = notesOf(ledger)
  const { since } = ledger
  showOnce(at("since"), since === undefined ? [] : [element("span", "", "since "), moment(since)])
  return ledger.complete ? undefined : "not all counted"
}

const find = async (id) => {
  const place = at("whereabouts")
  if (id === "") return place.replaceChildren()
  showUnderWay(place, "Looking …")
  try {
    showWhereabouts(place, await get(`/api/where-is?id=${encodeURIComponent(id)}`))
  } catch (error) {
    showTrouble(place, error)
  }
}

at("where").addEventListener("submit", (event) => {
  event.preventDefault()
  const id = at("event").value.trim()
  const address = new URL(location.href)
  address.searchParams.set("event", id)
  history.replaceState(null, "", address)
  find(id)
})

const asked = new URLSearchParams(location.search).get("event") ?? ""
at("event").value = asked
await Promise.all([showFrame(), keepFresh("the ledger", refresh, interval), find(asked.trim())])
