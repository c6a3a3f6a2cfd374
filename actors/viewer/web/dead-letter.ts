/** The page of one dead letter, whose address is in the query: its fields and bytes, dry run, replay and discard. */
import { eventLocationAddress } from "./addresses.ts"
import { showFailure, showOutcome, showPending, type Verb } from "./bulk-outcome.ts"
import { isConfirmed } from "./confirm.ts"
import { showDryRun } from "./dry-run.ts"
import { byId, byIdAs, type Definition, definitions, element, link } from "./element.ts"
import { RequestError } from "./fetch-json.ts"
import { known, messageOf, number } from "./format.ts"
import { showFrame } from "./frame.ts"
import { bytesOf, hexRows } from "./hex-dump.ts"
import { showState } from "./page-state.ts"
import { scrollingText } from "./scrolling-text.ts"
import { moment } from "./times.ts"
import {
  type BulkOutcome,
  type ChosenReplay,
  discardDeadLetters,
  dryRun,
  getDeadLetter,
  type OpenDeadLetter,
  replayDeadLetters
} from "./viewer-api.ts"

const line = byIdAs("line", HTMLTextAreaElement)
const outcome = byId("outcome")
const dryRunResult = byId("dry-run")
const undo = byIdAs("undo", HTMLButtonElement)
const actions = ["try", "replay", "discard"].map((id) => byIdAs(id, HTMLButtonElement))
const address = new URLSearchParams(location.search).get("address") ?? ""

const momentOrNothing = (at: number | undefined): HTMLElement | undefined =>
  at === undefined ? undefined : moment(at)

const envelopeOf = (deadLetter: OpenDeadLetter): ReadonlyArray<Definition> => {
  const { id, reason, detail, stage, topic, attempts, first, last, queue } = deadLetter
  if (id === undefined)
    return [
      ["written by", "another program; its whole text is used as the line"],
      ["queue", queue]
    ]
  return [
    ...deliveryOf(deadLetter),
    ["reason", reason],
    ["detail", detail],
    ["stage", stage],
    ["topic", topic],
    ["attempts", known(attempts, number)],
    ["first claimed", momentOrNothing(first)],
    ["dead-lettered", momentOrNothing(last)],
    ...(deadLetter.delivery === undefined ? [eventDefinition("event id", id)] : [["id", id] as const]),
    ["queue", queue]
  ]
}

const eventDefinition = (name: string, id: string): Definition => [
  name,
  [element("span", "", `${id} `), link(eventLocationAddress(id), "locate")]
]

/** What a delivery is, before the fields that every dead letter has. */
const deliveryOf = ({ delivery }: OpenDeadLetter): ReadonlyArray<Definition> =>
  delivery === undefined
    ? []
    : [
        ["rule", delivery.rule],
        ["target", delivery.target],
        ["event", delivery.type],
        eventDefinition("event id", delivery.event),
        ["step", delivery.step],
        ["webhook-id", delivery.id]
      ]

/** Fills the element when it is first opened, since the text may be long. */
const fillWhenOpened = (id: string, text: () => string): void => {
  const place = byId(id)
  const fill = (): void => {
    const label = place.querySelector("summary")?.textContent ?? id
    place.append(scrollingText(label, text()))
  }
  place.addEventListener("toggle", fill, { once: true })
}

const hintOf = ({ isEditable, isWhole }: OpenDeadLetter): string => {
  if (!isWhole)
    return "Only the beginning is shown: the line is too long to be edited here. A replay uses the whole line."
  const escapes = "\\xNN is one byte in hex, \\\\ is a backslash."
  return isEditable ? escapes : `The line is too long to be edited here. ${escapes}`
}

const show = (deadLetter: OpenDeadLetter): void => {
  const { size, isWhole, base64, envelope } = deadLetter
  byId("letter").hidden = false
  byId("envelope").replaceChildren(...definitions(envelopeOf(deadLetter)))
  line.value = deadLetter.line
  line.readOnly = !deadLetter.isEditable
  byId("line-hint").textContent = hintOf(deadLetter)
  byId("size").textContent = `${number(size)} bytes${isWhole ? "" : "; only the beginning is shown"}`
  fillWhenOpened("hex", () => hexRows(bytesOf(base64)))
  fillWhenOpened("base64", () => base64)
  fillWhenOpened("stored", () => envelope)
}

/** Connects the controls of a dead letter. */
const listen = (deadLetter: OpenDeadLetter): void => {
  const isEdited = (): boolean => line.value !== deadLetter.line

  const setLocked = (isLocked: boolean): void => {
    for (const action of actions) action.disabled = isLocked
    line.readOnly = isLocked || !deadLetter.isEditable
  }

  /** Runs a command and shows its outcome; the page stays locked when the dead letter has left the list. */
  const run = async (
    verb: Verb,
    command: () => Promise<BulkOutcome>,
    replayAnyway = () => {}
  ): Promise<void> => {
    setLocked(true)
    dryRunResult.replaceChildren()
    showPending(outcome, verb === "replayed" ? "Replaying …" : "Discarding …")
    try {
      const result = await command()
      showOutcome(outcome, verb, result, replayAnyway)
      if (result.done + result.gone > 0) return showState("paused", "no longer in the list")
    } catch (error) {
      showFailure(outcome, error)
    }
    setLocked(false)
  }

  const replay = (command: ChosenReplay): Promise<void> =>
    run(
      "replayed",
      () => replayDeadLetters(command),
      () => void replay({ ...command, force: true })
    )

  const discard = async (): Promise<void> => {
    const question = "Discard this dead letter? This cannot be undone."
    if (await isConfirmed(question, "Discard", "danger"))
      await run("discarded", () => discardDeadLetters({ letters: [address] }))
  }

  const tryLine = async (): Promise<void> => {
    outcome.replaceChildren()
    try {
      showDryRun(dryRunResult, await dryRun(isEdited() ? { line: line.value } : { letter: address }))
    } catch (error) {
      showFailure(dryRunResult, error)
    }
  }

  byId("try").addEventListener("click", tryLine)
  byId("replay").addEventListener("click", () =>
    replay({ letters: [address], ...(isEdited() ? { line: line.value } : {}) })
  )
  byId("discard").addEventListener("click", discard)
  undo.addEventListener("click", () => {
    line.value = deadLetter.line
    undo.disabled = true
  })
  line.addEventListener("input", () => {
    undo.disabled = !isEdited()
  })
}

const load = async (): Promise<void> => {
  try {
    const deadLetter = await getDeadLetter(address)
    show(deadLetter)
    listen(deadLetter)
    showState("live", "in the list")
  } catch (error) {
    const isGone = error instanceof RequestError && error.isNotFound
    showState("lost", isGone ? "no longer in the list: replayed or discarded" : messageOf(error))
  }
}

showFrame()
await load()
