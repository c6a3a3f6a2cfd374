/** The page of one dead letter, the one its address names: all of it, and what can be done with it. */
import { get, post } from "/page/ask.js"
import { isConfirmed } from "/page/confirm.js"
import {
  definitions,
  element,
  link,
  moment,
  number,
  showFrame,
  showState,
  whereAddress
} from "/page/frame.js"
import { bytesOf, hexRows } from "/page/hex.js"
import { showOutcome, showTrouble, showUnderWay } from "/page/outcome.js"
import { showTrial } from "/page/trial.js"

const at = (id) => document.getElementById(id)
const line = at("line")
const outcome = at("outcome")
const address = new URLSearchParams(location.search).get("address") ?? ""

let letter

const isEdited = () => line.value !== letter.line
const lineOrLetter = () => (isEdited() ? { line: line.value } : { letter: address })

const envelopeOf = ({ id, reason, detail, stage, topic, attempts, first, last, queue }) => {
  if (id === undefined)
    return [
      ["made by", "not Spoor: its whole text is taken for the line"],
      ["queue", queue]
    ]
  return [
    ["reason", reason],
    ["detail", detail],
    ["stage", stage],
    ["topic", topic],
    ["attempts", number(attempts)],
    ["first claimed", moment(first)],
    ["set aside", moment(last)],
    ["event id", [element("span", "", `${id} `), link(whereAddress(id), "where is it?")]],
    ["queue", queue]
  ]
}

/** Filled when it is opened first: it may be long. */
const fillWhenOpened = (place, text) => {
  place.addEventListener("toggle", () => place.append(element("pre", "", text())), { once: true })
}

const hintOf = ({ isEditable, isWhole }) => {
  if (!isWhole)
    return "This is its beginning only: the line is too long to be edited here. Replay takes all of it."
  const bytes = "\\xNN is one byte in hex, \\\\ is a backslash."
  return isEditable ? bytes : `The line is too long to be edited here. ${bytes}`
}

const show = () => {
  at("letter").hidden = false
  at("envelope").replaceChildren(...definitions(envelopeOf(letter)))
  line.value = letter.line
  line.readOnly = !letter.isEditable
  at("line-hint").textContent = hintOf(letter)
  at("size").textContent =
    `${number(letter.size)} bytes${letter.isWhole ? "" : ", of which the beginning is here"}`
  fillWhenOpened(at("hex"), () => hexRows(bytesOf(letter.base64)))
  fillWhenOpened(at("base64"), () => letter.base64)
  fillWhenOpened(at("stored"), () => letter.envelope)
}

const lock = (isLocked) => {
  for (const name of ["try", "replay", "discard"]) at(name).disabled = isLocked
  line.readOnly = isLocked || !letter.isEditable
}

/** Sends the order and says how it went; the letter is no more to be changed when it has left the list. */
const run = async (verb, order) => {
  lock(true)
  at("trial").replaceChildren()
  showUnderWay(outcome, verb === "replayed" ? "Replaying …" : "Discarding …")
  try {
    const told = await post(`/api/dead-letters/${verb === "replayed" ? "replay" : "discard"}`, order)
    showOutcome(outcome, verb, told, () => run(verb, { ...order, force: true }))
    if (told.done + told.gone > 0) return showState("paused", "no longer in the list")
  } catch (error) {
    showTrouble(outcome, error)
  }
  lock(false)
}

at("try").addEventListener("click", async () => {
  outcome.replaceChildren()
  try {
    showTrial(at("trial"), await post("/api/dead-letters/try", lineOrLetter()))
  } catch (error) {
    showTrouble(at("trial"), error)
  }
})
at("replay").addEventListener("click", () =>
  run("replayed", { letters: [address], ...(isEdited() ? { line: line.value } : {}) })
)
at("discard").addEventListener("click", async () => {
  const isSure = await isConfirmed("Discard this dead letter? This cannot be undone.", "Discard", "danger")
  if (isSure) await run("discarded", { letters: [address] })
})
at("undo").addEventListener("click", () => {
  line.value = letter.line
  at("undo").disabled = true
})
line.addEventListener("input", () => {
  at("undo").disabled = !isEdited()
})

const load = async () => {
  try {
    letter = await get(`/api/dead-letters/letter?address=${encodeURIComponent(address)}`)
    show()
    showState("live", "in the list")
  } catch (error) {
    showState("lost", error.isMissing ? "no longer in the list: replayed or discarded" : error.message)
  }
}

await Promise.all([showFrame(), load()])
