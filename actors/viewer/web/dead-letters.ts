/** The list of dead letters: what its address asks for, read when the page opens and after each change. */
import { get, post } from "/page/ask.js"
import { isConfirmed } from "/page/confirm.js"
import { element, known, letterCount, link, number, showFrame, showState } from "/page/frame.js"
import { letterRow } from "/page/letter-row.js"
import { showOutcome, showTrouble, showUnderWay } from "/page/outcome.js"

const at = (id) => document.getElementById(id)
const rows = at("letters")
const chooseAll = at("choose-all")
const outcome = at("outcome")
const form = at("filter")
const asked = new URLSearchParams(location.search)

const filter = Object.fromEntries(
  ["reason", "stage", "topic", "text"]
    .map((name) => [name, asked.get(name) ?? ""])
    .filter(([, value]) => value !== "")
)
const isFiltered = Object.keys(filter).length > 0

let total = 0
let isBusy = false

const boxes = () => [...rows.querySelectorAll("input")]
const chosen = () => boxes().filter((box) => box.checked)

const showChoice = () => {
  const count = chosen().length
  at("chosen").textContent = count === 0 ? "none selected" : `${number(count)} selected`
  chooseAll.checked = count > 0 && count === boxes().length
  chooseAll.disabled = boxes().length === 0
  chooseAll.indeterminate = count > 0 && count < boxes().length
  for (const name of ["replay-chosen", "discard-chosen"]) at(name).disabled = isBusy || count === 0
  for (const name of ["replay-all", "discard-all"])
    at(name).disabled = isBusy || total === 0 || total === null
}

const fillChoices = ({ reasons, stages, topics }) => {
  const fill = (place, values) => {
    if (place.dataset.filled === "true") return
    place.dataset.filled = "true"
    for (const value of values) place.append(element("option", "", value))
  }
  fill(form.elements.reason, reasons)
  fill(form.elements.stage, stages)
  fill(at("known-topics"), topics)
  for (const [name, value] of Object.entries(filter)) form.elements[name].value = value
}

const emptyText = ({ cursor, troubles }) => {
  if (troubles.length > 0) return "Whether there are dead letters cannot be said now."
  if (cursor !== undefined) return "None among the letters looked at so far; older ones may match."
  if (isFiltered) return "No dead letter matches."
  return "No dead letters: every event could be processed."
}

const showPages = (cursor) => {
  const older = new URLSearchParams({ ...filter, cursor: cursor ?? "" })
  const newest = new URLSearchParams(filter)
  at("pages").replaceChildren(
    ...(asked.has("cursor") ? [link(`/dead-letters?${newest}`, "Newest")] : []),
    ...(cursor === undefined ? [] : [link(`/dead-letters?${older}`, "Older")])
  )
}

const load = async () => {
  try {
    const page = await get(`/api/dead-letters?${asked}`)
    total = page.total
    at("total").textContent = known(total, number)
    fillChoices(page.choices)
    rows.replaceChildren(...page.letters.map((letter) => letterRow(letter, showChoice)))
    at("empty").hidden = page.letters.length > 0
    at("empty").textContent = emptyText(page)
    showPages(page.cursor)
    const [trouble] = page.troubles
    if (trouble === undefined) showState("live", "read just now")
    else showState("lost", `not all could be read: ${page.troubles.join(" ")}`)
  } catch (error) {
    showState("lost", `not read: ${error.message}`)
  }
  showChoice()
}

/** Sends the order, says how it went, and shows what is left. */
const run = async (verb, order) => {
  isBusy = true
  showChoice()
  showUnderWay(outcome, verb === "replayed" ? "Replaying …" : "Discarding …")
  try {
    const told = await post(`/api/dead-letters/${verb === "replayed" ? "replay" : "discard"}`, order)
    showOutcome(outcome, verb, told, (letters) => run(verb, { letters, force: true }))
  } catch (error) {
    showTrouble(outcome, error)
  }
  isBusy = false
  await load()
}

const everyOne = () => (isFiltered ? "all dead letters that match the search" : `all ${letterCount(total)}`)
const addresses = () => chosen().map((box) => box.value)

at("replay-chosen").addEventListener("click", () => run("replayed", { letters: addresses() }))
at("discard-chosen").addEventListener("click", async () => {
  const letters = addresses()
  const question = `Discard ${letterCount(letters.length)}? This cannot be undone.`
  if (await isConfirmed(question, "Discard", "danger")) await run("discarded", { letters })
})
at("replay-all").addEventListener("click", async () => {
  if (await isConfirmed(`Replay ${everyOne()}, on all pages?`, "Replay")) await run("replayed", { filter })
})
at("discard-all").addEventListener("click", async () => {
  const question = `Discard ${everyOne()}, on all pages? This cannot be undone.`
  if (await isConfirmed(question, "Discard", "danger")) await run("discarded", { filter })
})
chooseAll.addEventListener("change", () => {
  for (const box of boxes()) box.checked = chooseAll.checked
  showChoice()
})
form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value.trim() === "") formData.delete(name)
})

if (isFiltered) {
  at("replay-all").textContent = "Replay all that match"
  at("discard-all").textContent = "Discard all that match"
}
await Promise.all([showFrame(), load()])
