/** The live list: a WebSocket to the viewer for as long as the page is open, opened again when it is lost. */
import { droppedRow, eventRow } from "/page/event-row.js"
import { number, showFrame, showState } from "/page/frame.js"

const maxRows = 500
const rows = document.getElementById("events")
const empty = document.getElementById("empty")
const filter = document.getElementById("filter")
const pause = document.getElementById("pause")

let socket
let isPaused = false
let retry = 0

/** Totals of the last seconds, oldest first, for the rate. */
const totals = []

const showRate = () => {
  const now = performance.now()
  while (totals.length > 1 && now - totals[0].at > 5000) totals.shift()
  const first = totals[0]
  const last = totals.at(-1)
  if (first === undefined) return
  const seconds = Math.max(1, (now - first.at) / 1000)
  document.getElementById("rate").textContent = number(Math.round((last.total - first.total) / seconds))
  document.getElementById("total").textContent = number(last.total)
}

const show = ({ total, dropped, events }) => {
  totals.push({ at: performance.now(), total })
  const fresh = document.createDocumentFragment()
  for (const event of events) fresh.prepend(eventRow(event))
  if (dropped > 0) fresh.append(droppedRow(dropped))
  rows.prepend(fresh)
  while (rows.children.length > maxRows) rows.lastElementChild.remove()
  empty.hidden = rows.children.length > 0
}

const showConnection = () => {
  if (isPaused) showState("paused", "paused")
  else showState("live", "live")
}

const connect = () => {
  const address = new URL("/live", location.href)
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:"
  address.searchParams.set("filter", filter.value.trim())
  const mine = new WebSocket(address)
  socket = mine
  showState("waiting", "connecting")
  mine.onopen = () => {
    retry = 0
    rows.replaceChildren()
    totals.length = 0
    if (isPaused) mine.send("pause")
    showConnection()
  }
  mine.onmessage = ({ data }) => {
    if (mine === socket) show(JSON.parse(data))
  }
  mine.onclose = () => {
    if (mine !== socket) return
    retry += 1
    showState("lost", "not connected; trying again")
    setTimeout(connect, Math.min(10_000, 500 * 2 ** retry))
  }
}

/** A new filter is a new watch, which begins with the last events that match. */
const applyFilter = () => {
  const address = new URL(location.href)
  address.searchParams.set("filter", filter.value.trim())
  if (filter.value.trim() === "") address.searchParams.delete("filter")
  history.replaceState(null, "", address)
  empty.textContent = filter.value.trim() === "" ? "No events yet." : "No event of such a type yet."
  const before = socket
  connect()
  before.close()
}

let typing
filter.addEventListener("input", () => {
  clearTimeout(typing)
  typing = setTimeout(applyFilter, 300)
})
document.getElementById("filter-form").addEventListener("submit", (event) => event.preventDefault())

pause.addEventListener("click", () => {
  isPaused = !isPaused
  pause.setAttribute("aria-pressed", String(isPaused))
  pause.textContent = isPaused ? "Resume" : "Pause"
  if (socket.readyState !== WebSocket.OPEN) return
  socket.send(isPaused ? "pause" : "resume")
  showConnection()
})

filter.value = new URLSearchParams(location.search).get("filter") ?? ""
connect()
setInterval(showRate, 500)
await showFrame()
