/**
 * The page of events: live events from a WebSocket, or a search in the history that the log still holds; both with the
 * same filter, which is part of the address.
 */
import { button, byId, byIdAs, closest } from "./element.ts"
import { detailsRow } from "./event-details.ts"
import {
  isEventId,
  isFilterName,
  namesIn,
  type Selection,
  searchOf,
  selectionOf,
  withParam,
  withPart
} from "./event-filter.ts"
import { eventList } from "./event-list.ts"
import { eventsExport } from "./events-export.ts"
import { filterBar } from "./filter-bar.ts"
import { type Choice, choiceOf } from "./filter-choice.ts"
import { firstEvent } from "./first-event.ts"
import { known, number, rate } from "./format.ts"
import { showFrame } from "./frame.ts"
import { historySearch, type SearchProgress } from "./history-search.ts"
import { type ConnectionState, liveConnection } from "./live-connection.ts"
import { oneEvent } from "./one-event.ts"
import { showState } from "./page-state.ts"
import { testEvent } from "./test-event.ts"

const hourMs = 3_600_000

let selection = selectionOf(location.search)
let isPaused = false
let connection: ConnectionState = "connecting"
/** Every Nth matching event is shown; 1: all. */
let sample = 1
let leftOut = 0
let isLogUnreadable = false

const showLiveState = (): void => {
  if (selection.isHistory || connection === "lost") return
  if (connection === "connecting") showState("waiting", "connecting")
  else if (isLogUnreadable) showState("lost", "the log cannot be read now")
  else if (isPaused) showState("paused", "paused")
  else showState("live", "live")
}

const showSampling = (): void => {
  const parts = selection.isHistory ? [selection.order === "oldest" ? "Oldest first" : "Newest first"] : []
  if (!selection.isHistory && sample > 1) parts.push(`1 of ${number(sample)} shown: too many to show all`)
  if (!selection.isHistory && leftOut > 0) parts.push(`about ${number(leftOut)} left out`)
  byId("sampling").textContent = parts.join(" · ")
}

const showEmpty = (): void => {
  const empty = byId("empty")
  empty.hidden = !list.isEmpty()
  if (selection.isHistory) return
  if (Object.keys(selection.filter).length > 0) empty.textContent = "No matching events yet."
  else if (empty.querySelector(".first-event") === null) empty.replaceChildren(firstEvent("No events yet."))
}

const list = eventList({
  body: byId("events"),
  top: byId("top"),
  details: detailsRow,
  filteredParams: () => namesIn(selection.filter.param),
  onChoice: (choice) => choose(choice),
  onChange: (waiting, reason = "") => {
    const newer = byId("newer")
    newer.hidden = waiting === 0 || isPaused
    newer.textContent = `↑ ${number(waiting)} newer · the list is paused ${reason}`
    byId("empty").hidden = !list.isEmpty()
  }
})

const live = liveConnection({
  onMessage: (message) => {
    const { events, dropped } = message
    byId("rate").textContent = known(message.rate, rate)
    byId("total").textContent = number(message.total)
    isLogUnreadable = message.rate === null
    showLiveState()
    sample = message.sample
    leftOut += dropped + (sample - 1) * events.length
    list.add(dropped > 0 && sample <= 1 ? [dropped, ...events] : events)
    showSampling()
  },
  onState: (state, reason) => {
    connection = state
    if (state === "lost") showState("lost", `not connected: ${reason}`)
    else showLiveState()
  }
})

const showProgress = ({ isOver, isComplete, searched, found, troubles }: SearchProgress): void => {
  const count = `${number(found)} found in ${number(searched)} records`
  const isCut = isOver && !isComplete && troubles.length > 0
  if (isCut && found === 0) showState("lost", "not searched")
  else if (isCut) showState("lost", `${count}; the search is incomplete`)
  else showState(isOver ? "live" : "waiting", isOver ? count : `searching: ${count}`)
  const further = byId("further")
  further.hidden = isOver && isComplete && troubles.length === 0
  further.replaceChildren(...troubles.map((trouble) => `${trouble} `))
  if (!isOver) further.append(button("Stop", () => search.stop()))
  else if (!isComplete) further.append(button("Search further", () => search.resume()))
  byId("empty").textContent = isCut
    ? "The history could not be searched."
    : isOver
      ? "No event found."
      : "Searching …"
  showEmpty()
}

const search = historySearch({ onEvents: (events) => list.append(events), onProgress: showProgress })

/** An event id in the field of free text selects that event. */
const eventIdIn = ({ text = "" }: Selection["filter"]): string | undefined =>
  isEventId(text) ? text : undefined

const single = oneEvent(byId("one-event"), () => {
  const { filter } = selection
  const rest = eventIdIn(filter) === undefined ? filter : withPart(filter, "text", "")
  show({ ...selection, filter: rest, event: undefined }, pushAddress)
})

/** The selection in the fields. */
const fieldsSelection = (): Selection => {
  const fields = bar.read()
  return { ...selection, ...fields, event: eventIdIn(fields.filter) }
}

const bar = filterBar(byIdAs("filter", HTMLFormElement), {
  onChange: () => {
    if (!selection.isHistory) show(fieldsSelection(), replaceAddress)
  },
  onSubmit: () => show(fieldsSelection(), pushAddress, selection.isHistory)
})

const choose = ({ field, value = "", name = "" }: Choice): void => {
  if (!isFilterName(field)) return
  const part = field === "param" ? withParam(selection.filter.param, name, value) : value
  const filter = withPart(selection.filter, field, part)
  show({ ...selection, filter, event: eventIdIn(filter) ?? selection.event }, pushAddress)
}

type SetAddress = (address: string) => void

const pushAddress: SetAddress = (address) => {
  if (address !== location.pathname + location.search) history.pushState(null, "", address)
}
const replaceAddress: SetAddress = (address) => history.replaceState(null, "", address)
const keepAddress: SetAddress = () => {}

/** The address of the list, without the event shown above it. */
const listAddress = (one: Selection): string => searchOf({ ...one, event: undefined })

/** Shows a selection; the list restarts when its selection has changed, or with `isForced`. */
const show = (next: Selection, setAddress: SetAddress, isForced = false): void => {
  const isOther = isForced || listAddress(next) !== listAddress(selection)
  selection = next
  setAddress(`${location.pathname}${searchOf(selection)}`)
  bar.show(selection)
  if (selection.event === undefined) single.close()
  else single.show(selection.event)
  if (isOther) startList()
}

const startList = (): void => {
  const { isHistory, filter } = selection
  document.body.dataset.view = isHistory ? "history" : "live"
  document.body.dataset.stage = (isHistory ? undefined : filter.stage) ?? "stored"
  byId("view-live").setAttribute("aria-pressed", String(!isHistory))
  byId("view-history").setAttribute("aria-pressed", String(isHistory))
  byId("pause").hidden = isHistory
  byId("further").hidden = true
  sample = 1
  leftOut = 0
  search.leave()
  list.clear()
  showSampling()
  showEmpty()
  if (isHistory) {
    live.close()
    void search.start(selection)
  } else {
    list.pause(isPaused)
    live.watch(filter)
  }
}

const togglePause = (): void => {
  isPaused = !isPaused
  byId("pause").setAttribute("aria-pressed", String(isPaused))
  byId("pause").textContent = isPaused ? "Resume" : "Pause"
  live.pause(isPaused)
  list.pause(isPaused)
  showLiveState()
}

byId("pause").addEventListener("click", togglePause)
byId("newer").addEventListener("click", () => list.showWaiting())
byId("view-live").addEventListener("click", () =>
  show({ ...selection, isHistory: false, since: undefined, until: undefined, order: undefined }, pushAddress)
)
byId("view-history").addEventListener("click", () => {
  const since = Math.floor(Date.now() / 1000) * 1000 - hourMs
  if (!selection.isHistory) show({ ...selection, isHistory: true, since }, pushAddress)
})
byId("exports").append(eventsExport(() => list.events()))

const test = testEvent(byId("test-event"))
byId("test").addEventListener("click", () => {
  const isOpen = byId("test-event").hidden
  byId("test-event").hidden = !isOpen
  byId("test").setAttribute("aria-expanded", String(isOpen))
  if (isOpen) test.open()
  else test.close()
})

for (const place of [byId("one-event"), byId("test-event")])
  place.addEventListener("click", ({ target }) => {
    const chosen = closest(target, ".choice")
    if (chosen !== undefined) choose(choiceOf(chosen))
  })

const isControl = (target: EventTarget | null): boolean =>
  closest(target, "input, select, textarea, button, a, summary, [contenteditable]") !== undefined

/** Handles a key; true when it did something. */
const press = (key: string, target: EventTarget | null): boolean => {
  const isInFilter = closest(target, "#filter") !== undefined
  if (key === "Escape" && isInFilter && target instanceof HTMLElement) target.blur()
  else if (isControl(target)) return false
  else if (key === "/") bar.enter()
  else if (key === " " && !selection.isHistory) togglePause()
  else if (key === "ArrowDown" && target === document.body) list.enter()
  else return false
  return true
}

document.addEventListener("keydown", (pressed) => {
  if (pressed.defaultPrevented || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return
  if (press(pressed.key, pressed.target)) pressed.preventDefault()
})

const withEventOfText = (one: Selection): Selection => ({ ...one, event: one.event ?? eventIdIn(one.filter) })

addEventListener("popstate", () => show(withEventOfText(selectionOf(location.search)), keepAddress))

showFrame()
show(withEventOfText(selection), keepAddress, true)
