/** The list of dead letters that the address selects, read when the page opens and after each change. */
import { type ReplayAnyway, showFailure, showOutcome, showPending, type Verb } from "./bulk-outcome.ts"
import { isConfirmed } from "./confirm.ts"
import { deadLetterRow } from "./dead-letter-row.ts"
import { byId, byIdAs, element, link } from "./element.ts"
import { deadLetterCount, known, messageOf, number } from "./format.ts"
import { showFrame } from "./frame.ts"
import { showState } from "./page-state.ts"
import {
  type BulkOutcome,
  type DeadLetterFilter,
  type DeadLetterList,
  discardDeadLetters,
  listDeadLetters,
  replayDeadLetters
} from "./viewer-api.ts"

const rows = byId("letters")
const chooseAll = byIdAs("choose-all", HTMLInputElement)
const outcome = byId("outcome")
const form = byIdAs("filter", HTMLFormElement)
const [replayChosen, discardChosen] = [
  byIdAs("replay-chosen", HTMLButtonElement),
  byIdAs("discard-chosen", HTMLButtonElement)
]
const [replayAll, discardAll] = [
  byIdAs("replay-all", HTMLButtonElement),
  byIdAs("discard-all", HTMLButtonElement)
]
const query = new URLSearchParams(location.search)

const filterNames = ["reason", "stage", "topic", "text"] as const

const filter: DeadLetterFilter = Object.fromEntries(
  filterNames.map((name) => [name, query.get(name) ?? ""] as const).filter(([, value]) => value !== "")
)
const isFiltered = Object.keys(filter).length > 0

let total: number | null = 0
let isBusy = false

const boxes = (): ReadonlyArray<HTMLInputElement> => [...rows.querySelectorAll("input")]
const selected = (): ReadonlyArray<string> =>
  boxes()
    .filter((box) => box.checked)
    .map((box) => box.value)

const showSelection = (): void => {
  const [count, all] = [selected().length, boxes().length]
  byId("chosen").textContent = count === 0 ? "none selected" : `${number(count)} selected`
  chooseAll.checked = count > 0 && count === all
  chooseAll.disabled = all === 0
  chooseAll.indeterminate = count > 0 && count < all
  for (const button of [replayChosen, discardChosen]) button.disabled = isBusy || count === 0
  for (const button of [replayAll, discardAll]) button.disabled = isBusy || total === 0 || total === null
}

/** The field of the form with that name. */
const fieldOf = (name: string): HTMLInputElement | HTMLSelectElement | undefined => {
  const field = form.elements.namedItem(name)
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field : undefined
}

/** Adds the options that a field does not have yet. */
const fillOptions = (place: HTMLElement | undefined, values: ReadonlyArray<string>): void => {
  if (place === undefined || place.dataset.filled === "true") return
  place.dataset.filled = "true"
  for (const value of values) place.append(element("option", "", value))
}

const fillForm = ({ reasons, stages, topics }: DeadLetterList["choices"]): void => {
  fillOptions(fieldOf("reason"), reasons)
  fillOptions(fieldOf("stage"), stages)
  fillOptions(byId("known-topics"), topics)
  for (const name of filterNames) {
    const [field, value] = [fieldOf(name), filter[name]]
    if (field !== undefined && value !== undefined) field.value = value
  }
}

const emptyText = ({ cursor, troubles }: DeadLetterList): string => {
  if (troubles.length > 0) return "It is unknown whether there are dead letters."
  if (cursor !== undefined) return "No match among the dead letters searched so far; older ones may match."
  if (isFiltered) return "No dead letter matches."
  return "No dead letters: every event could be processed."
}

const showPages = (cursor: string | undefined): void => {
  const older = new URLSearchParams({ ...filter, cursor: cursor ?? "" })
  const newest = new URLSearchParams({ ...filter })
  byId("pages").replaceChildren(
    ...(query.has("cursor") ? [link(`/dead-letters?${newest}`, "Newest")] : []),
    ...(cursor === undefined ? [] : [link(`/dead-letters?${older}`, "Older")])
  )
}

const showList = (list: DeadLetterList): void => {
  const { letters, troubles, choices, cursor } = list
  total = list.total
  byId("total").textContent = known(total, number)
  fillForm(choices)
  rows.replaceChildren(...letters.map((letter) => deadLetterRow(letter, showSelection)))
  byId("empty").hidden = letters.length > 0
  byId("empty").textContent = emptyText(list)
  showPages(cursor)
  if (troubles.length === 0) showState("live", "read just now")
  else showState("lost", `some could not be read: ${troubles.join(" ")}`)
}

const load = async (): Promise<void> => {
  try {
    showList(await listDeadLetters(query))
  } catch (error) {
    showState("lost", `not read: ${messageOf(error)}`)
  }
  showSelection()
}

/** Runs a command, shows its outcome and the rest of the list. */
const run = async (verb: Verb, command: Promise<BulkOutcome>): Promise<void> => {
  isBusy = true
  showSelection()
  showPending(outcome, verb === "replayed" ? "Replaying …" : "Discarding …")
  try {
    showOutcome(outcome, verb, await command, replayAnyway)
  } catch (error) {
    showFailure(outcome, error)
  }
  isBusy = false
  await load()
}

const replayAnyway: ReplayAnyway = (letters) =>
  void run("replayed", replayDeadLetters({ letters, force: true }))

const allText = (): string => {
  if (isFiltered) return "all dead letters that match the filter"
  return total === null ? "all dead letters" : `all ${deadLetterCount(total)}`
}

replayChosen.addEventListener("click", () => run("replayed", replayDeadLetters({ letters: selected() })))
discardChosen.addEventListener("click", async () => {
  const letters = selected()
  const question = `Discard ${deadLetterCount(letters.length)}? This cannot be undone.`
  if (await isConfirmed(question, "Discard", "danger"))
    await run("discarded", discardDeadLetters({ letters }))
})
replayAll.addEventListener("click", async () => {
  if (await isConfirmed(`Replay ${allText()}, on all pages?`, "Replay"))
    await run("replayed", replayDeadLetters({ filter }))
})
discardAll.addEventListener("click", async () => {
  const question = `Discard ${allText()}, on all pages? This cannot be undone.`
  if (await isConfirmed(question, "Discard", "danger")) await run("discarded", discardDeadLetters({ filter }))
})
chooseAll.addEventListener("change", () => {
  for (const box of boxes()) box.checked = chooseAll.checked
  showSelection()
})
form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData])
    if (typeof value === "string" && value.trim() === "") formData.delete(name)
})

if (isFiltered) {
  replayAll.textContent = "Replay all that match"
  discardAll.textContent = "Discard all that match"
}
showFrame()
await load()
