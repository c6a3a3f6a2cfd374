/** The editor of a rule: its text as YAML or JSON, an event to try it on, and Save, which a successful try of the text allows. */
import type { TryCommand, WrittenEvent } from "../reactions/commands.ts"
import { button, element } from "./element.ts"
import { messageOf } from "./format.ts"
import { inert } from "./inert-text.ts"
import { putRule, tryRule } from "./reactions-api.ts"
import { tryResult } from "./rule-try.ts"

const newRule = `name: tell-the-shop
when:
  type: purchase
  all: ["params.order exists"]
do:
  call:
    method: POST
    url: "{{ vars.SHOP }}/orders"
    body: { order: "{{ params.order }}" }
`

/** What the text of an example is. */
const samples = [
  ["event", "Event id", "32 hex digits, a hyphen and a number"],
  ["json", "Event as JSON", '{"type": "purchase", "params": {"order": "4711"}}'],
  ["line", "Line", "the line of a tracker"]
] as const
type SampleKind = (typeof samples)[number][0]

const sampleOf = (kind: SampleKind, text: string): Pick<TryCommand, "line" | "event"> => {
  if (text.trim() === "") return {}
  if (kind === "line") return { line: text }
  if (kind === "event") return { event: text.trim() }
  try {
    return { event: JSON.parse(text) as WrittenEvent }
  } catch {
    throw new Error("The event is not valid JSON.")
  }
}

const labelled = (text: string, field: HTMLElement, className = "field"): HTMLLabelElement =>
  element("label", className, [element("span", "", text), field])

const textArea = (rows: number, maxLength: number): HTMLTextAreaElement => {
  const created = element("textarea")
  created.rows = rows
  created.maxLength = maxLength
  created.spellcheck = false
  created.setAttribute("autocapitalize", "off")
  created.setAttribute("autocomplete", "off")
  return created
}

/** The field of the event to try a rule on, and what kind of text is in it. */
const makeSample = () => {
  const kind = element(
    "select",
    "",
    samples.map(([value, text]) => {
      const option = element("option", "", text)
      option.value = value
      return option
    })
  )
  const text = textArea(3, 100_000)
  const showHint = (): void => {
    text.placeholder = samples.find(([value]) => value === kind.value)?.[2] ?? ""
  }
  kind.addEventListener("change", showHint)
  showHint()
  const place = element("div", "sample", [labelled("Try it on", kind), labelled("Event", text, "field long")])
  return { place, read: () => sampleOf(kind.value as SampleKind, text.value) }
}

/** What the editor shows: a rule that can be saved, or one to be tried only. */
export interface Edited {
  readonly title: string
  readonly text?: string
  /** Why it cannot be saved; absent otherwise. */
  readonly readOnly?: string
}

/** The elements of the editor. */
const makeParts = () => {
  const title = element("h2")
  title.id = "editor-title"
  const result = element("div", "try-result")
  result.setAttribute("role", "status")
  return { title, text: textArea(14, 200_000), reason: element("p", "hint"), sample: makeSample(), result }
}

const hint = "Secrets are named in templates: {{ secrets.NAME }}. Save is possible after Try."

/** Fills the section. `onSaved` is called with the sentence about it when a rule was saved. */
export const makeRuleEditor = (place: HTMLElement, onSaved: (sentence: string) => void) => {
  const { title, text, reason, sample, result } = makeParts()
  const cancel = button("Close", () => close())
  const attempt = button("Try", () => tryText())
  const save = button("Save", () => saveText(), "first")
  let triedText: string | undefined
  let isReadOnly = false
  let opener: Element | null = null

  const showButtons = (isBusy = false): void => {
    attempt.disabled = isBusy
    save.hidden = isReadOnly
    save.disabled = isBusy || triedText !== text.value
    save.title = save.disabled ? "Try this text first." : ""
  }
  /** Runs a command while the buttons are locked, and shows why it failed. */
  const run = async (command: () => Promise<void>): Promise<void> => {
    showButtons(true)
    try {
      await command()
    } catch (error) {
      result.replaceChildren(element("p", "trouble", inert(messageOf(error))))
    }
    showButtons()
  }
  const tryText = (): Promise<void> =>
    run(async () => {
      const tried = text.value
      triedText = undefined
      result.replaceChildren(element("p", "", "Trying …"))
      result.replaceChildren(...tryResult(await tryRule({ text: tried, ...sample.read() })))
      triedText = tried
    })
  const saveText = (): Promise<void> =>
    run(async () => {
      const { name, outcome } = await putRule(text.value)
      close()
      onSaved(`Rule ${name} was ${outcome}.`)
    })
  const close = (): void => {
    place.hidden = true
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
  }

  text.addEventListener("input", () => showButtons())
  place.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") close()
  })
  const buttons = element("div", "actions", [attempt, save, cancel])
  place.replaceChildren(title, labelled("Rule, as YAML or JSON", text), reason, sample.place, buttons, result)
  return {
    open: ({ title: name, text: given = newRule, readOnly }: Edited): void => {
      opener = document.activeElement
      isReadOnly = readOnly !== undefined
      title.textContent = name
      text.value = given
      text.readOnly = isReadOnly
      reason.textContent = readOnly ?? hint
      triedText = undefined
      result.replaceChildren()
      showButtons()
      place.hidden = false
      place.scrollIntoView({ block: "nearest" })
      text.focus()
    }
  }
}
