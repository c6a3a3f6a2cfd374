/**
 * The page of events: live through a socket for as long as it is open, or a search in what the log still holds; both
 * with the same filter, which stands in the address.
 */
import { download } from "/page/copying.js"
import { eventsCsv } from "/page/csv.js"
import { detailsRow } from "/page/event-details.js"
import { isEventId, namesIn, searchOf, sightOf, withParam } from "/page/event-filter.js"
import { eventList } from "/page/event-list.js"
import { exportOf } from "/page/export-menu.js"
import { filterBar } from "/page/filter-bar.js"
import { firstEvent } from "/page/first-event.js"
import { button, known, number, rate, showFrame, showState } from "/page/frame.js"
import { liveConnection } from "/page/live-connection.js"
import { oneEvent } from "/page/one-event.js"
import { pastSearch } from "/page/past-search.js"
import { testEvent } from "/page/test-event.js"

const at = (id) => document.getElementById(id)
const hour = 3_600_000

let sight = sightOf(location.search)
let isPaused = false
let connection = "connecting"
let sample = 1
let leftOut = 0
let isLogAway = false

const showHow = () => {
  if (sight.isPast) return
  if (connection === "lost") return
  if (connection === "connecting") showState("waiting", "connecting")
  else if (isLogAway) showState("lost", "the log cannot be read now")
  else if (isPaused) showState("paused", "paused")
  else showState("live", "live")
}

const showSampling = () => {
  const parts = sight.isPast ? [sight.order === "oldest" ? "Oldest first" : "Newest first"] : []
  if (!sight.isPast && sample > 1) parts.push(`1 of ${number(sample)} shown: too many to show all`)
  if (!sight.isPast && leftOut > 0) parts.push(`about ${number(leftOut)} left out`)
  at("sampling").textContent = parts.join(" · ")
}

const showEmpty = () => {
  at("empty").hidden = !list.isEmpty()
  const isFiltered = Object.keys(sight.filter).some((name) => name !== "stage")
  if (sight.isPast) return
  if (isFiltered || sight.filter.stage !== undefined) at("empty").textContent = "No event that matches yet."
  else if (at("empty").querySelector(".first-event") === null)
    at("empty").replaceChildren(firstEvent("No events yet."))
}

const list = eventList({
  body: at("events"),
  top: at("top"),
  details: detailsRow,
  asked: () => namesIn(sight.filter.param),
  choose: (choice) => choose(choice),
  changed: (waiting, why) => {
    at("newer").hidden = waiting === 0 || isPaused
    at("newer").textContent = `↑ ${number(waiting)} newer · the list stands still ${why ?? ""}`
    at("empty").hidden = !list.isEmpty()
  }
})

const live = liveConnection({
  message: ({ total, rate: perSecond, sample: oneOf, dropped, events }) => {
    at("rate").textContent = known(perSecond, rate)
    isLogAway = perSecond === null
    showHow()
    at("total").textContent = number(total)
    sample = oneOf
    leftOut += dropped + (oneOf - 1) * events.length
    list.add(dropped > 0 && oneOf <= 1 ? [dropped, ...events] : events)
    showSampling()
  },
  state: (kind, sentence) => {
    connection = kind
    if (kind === "lost") showState("lost", `not connected: ${sentence}`)
    else showHow()
  }
})

const search = pastSearch({
  found: (events) => list.append(events),
  went: ({ isOver, isComplete, looked, count, troubles }) => {
    const found = `${number(count)} found in ${number(looked)} records`
    const isCut = isOver && !isComplete && troubles.length > 0
    if (isCut && count === 0) showState("lost", "not searched")
    else if (isCut) showState("lost", `${found}; not all was searched`)
    else showState(isOver ? "live" : "waiting", isOver ? found : `searching: ${found}`)
    const further = at("further")
    further.hidden = isOver && isComplete && troubles.length === 0
    further.replaceChildren(...troubles.map((trouble) => `${trouble} `))
    if (!isOver) further.append(button("Stop", () => search.stop()))
    else if (!isComplete) further.append(button("Look further", () => search.goOn()))
    at("empty").textContent = isCut
      ? "What there is, is not known."
      : isOver
        ? "Nothing found."
        : "Searching …"
    showEmpty()
  }
})

const one = oneEvent(at("one-event"), () => {
  const { text, ...filter } = sight.filter
  show({ ...sight, filter: isEventId(text ?? "") ? filter : sight.filter, event: undefined }, step)
})

/** What the fields ask for; an id in the field of free text is looked for by itself. */
const asked = () => {
  const read = bar.read()
  return { ...sight, ...read, event: idIn(read.filter) }
}

const idIn = ({ text = "" }) => (isEventId(text) ? text : undefined)

const bar = filterBar(at("filter"), {
  changed: () => {
    if (!sight.isPast) show(asked(), inPlace)
  },
  asked: () => show(asked(), step, sight.isPast)
})

const choose = ({ field, value, name }) => {
  const chosen = field === "param" ? withParam(sight.filter.param, name, value) : value
  const filter = { ...sight.filter, [field]: chosen }
  show({ ...sight, filter, event: idIn(filter) ?? sight.event }, step)
}

/** How a sight gets into the address: as one that the browser goes back from, in place of the one before, or it is there. */
const step = (address) => {
  if (address !== location.pathname + location.search) history.pushState(null, "", address)
}
const inPlace = (address) => history.replaceState(null, "", address)
const isThere = () => {}

/** Which events are to be shown, whatever is shown by itself. */
const listOf = (one) => searchOf({ ...one, event: undefined })

/** Shows that; the list begins anew when it is another, or `again`. */
const show = (wanted, tell, again = false) => {
  const isOther = again || listOf(wanted) !== listOf(sight)
  sight = wanted
  tell(`${location.pathname}${searchOf(sight)}`)
  bar.show(sight)
  if (sight.event === undefined) one.close()
  else one.show(sight.event)
  if (isOther) begin()
}

const begin = () => {
  const { isPast } = sight
  document.body.dataset.view = isPast ? "past" : "live"
  document.body.dataset.stage = (isPast ? undefined : sight.filter.stage) ?? "stored"
  at("view-live").setAttribute("aria-pressed", String(!isPast))
  at("view-past").setAttribute("aria-pressed", String(isPast))
  at("pause").hidden = isPast
  at("further").hidden = true
  sample = 1
  leftOut = 0
  search.leave()
  list.clear()
  showSampling()
  showEmpty()
  if (isPast) {
    live.close()
    search.start(sight)
  } else {
    list.pause(isPaused)
    live.watch(sight.filter)
  }
}

const pause = () => {
  isPaused = !isPaused
  at("pause").setAttribute("aria-pressed", String(isPaused))
  at("pause").textContent = isPaused ? "Resume" : "Pause"
  live.pause(isPaused)
  list.pause(isPaused)
  showHow()
}

at("pause").addEventListener("click", pause)
at("newer").addEventListener("click", () => list.showWaiting())
at("view-live").addEventListener("click", () =>
  show({ ...sight, isPast: false, since: undefined, until: undefined, order: undefined }, step)
)
at("view-past").addEventListener("click", () => {
  if (!sight.isPast)
    show({ ...sight, isPast: true, since: Math.floor(Date.now() / 1000) * 1000 - hour }, step)
})

const fileName = (kind) => `spoor-events-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${kind}`
const forms = {
  JSON: ["application/json", () => JSON.stringify(list.events(), undefined, 2)],
  CSV: ["text/csv", () => eventsCsv(list.events())]
}
const saveButton = ([form, [type, text]]) => {
  const made = button(form, () => download(fileName(form.toLowerCase()), type, text()), "small")
  made.setAttribute("aria-label", `Save the events shown as ${form}`)
  return made
}
at("exports").append(
  exportOf(
    "the events shown",
    { JSON: forms.JSON[1], CSV: forms.CSV[1] },
    Object.entries(forms).map(saveButton)
  )
)

const test = testEvent(at("test-event"))
at("test").addEventListener("click", () => {
  const isOpen = at("test-event").hidden
  at("test-event").hidden = !isOpen
  at("test").setAttribute("aria-expanded", String(isOpen))
  if (isOpen) test.open()
  else test.close()
})

for (const place of ["one-event", "test-event"]) {
  at(place).addEventListener("click", ({ target }) => {
    const chosen = target.closest(".choice")
    if (chosen !== null) choose(chosen.dataset)
  })
}

const isField = (target) =>
  target.closest("input, select, textarea, button, a, summary, [contenteditable]") !== null

addEventListener("keydown", (pressed) => {
  if (pressed.defaultPrevented || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return
  const { key, target } = pressed
  if (key === "Escape" && target.closest("#filter") !== null) target.blur()
  else if (isField(target)) return
  else if (key === "/") bar.enter()
  else if (key === " " && !sight.isPast) pause()
  else if (key === "ArrowDown" && target === document.body) list.enter()
  else return
  pressed.preventDefault()
})

addEventListener("popstate", () => {
  const there = sightOf(location.search)
  show({ ...there, event: there.event ?? idIn(there.filter) }, isThere)
})

showFrame()
show({ ...sight, event: sight.event ?? idIn(sight.filter) }, isThere, true)
