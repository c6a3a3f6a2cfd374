/** The reactions: rules, targets and last calls, read every two seconds while the page is visible; and the editor of rules. */
import type { ReactionsView, RuleView } from "../reactions/messages.ts"
import { showFailure } from "./bulk-outcome.ts"
import { isConfirmed } from "./confirm.ts"
import { byId, byIdAs, element } from "./element.ts"
import { number } from "./format.ts"
import { showFrame } from "./frame.ts"
import { poll, readNow } from "./polling.ts"
import { makeCalls } from "./reaction-calls.ts"
import { makeReactionFigures } from "./reaction-figures.ts"
import { makeRules, type RuleFilter } from "./reaction-rules.ts"
import { makeTargets } from "./reaction-targets.ts"
import {
  enableTarget,
  getCalls,
  getReactions,
  getRuleText,
  getTargets,
  pauseTarget,
  removeRule,
  resumeTarget,
  turnRule
} from "./reactions-api.ts"
import { makeRuleEditor } from "./rule-editor.ts"
import { showOnce } from "./show-once.ts"

const intervalMs = 2000

/** Calls in the list. */
const shownCalls = 30

const outcome = byId("outcome")
const targetOutcome = byId("target-outcome")
const ruleForm = byIdAs("rule-filter", HTMLFormElement)
const callForm = byIdAs("call-filter", HTMLFormElement)
const newRule = byIdAs("new-rule", HTMLButtonElement)

let last: ReactionsView | undefined

const fieldText = (form: HTMLFormElement, name: string): string => {
  const field = form.elements.namedItem(name)
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value.trim() : ""
}
const setValue = (form: HTMLFormElement, name: string, value: string): void => {
  const field = form.elements.namedItem(name)
  if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value
}

const showSentence = (place: HTMLElement, text: string): void =>
  place.replaceChildren(element("p", "good", text))

/** Runs a command, says what was done, and reads again what it changed. */
const run = async (
  place: HTMLElement,
  command: Promise<unknown>,
  sentence: string,
  reread: () => Promise<void>
): Promise<void> => {
  try {
    await command
    showSentence(place, sentence)
  } catch (error) {
    showFailure(place, error)
  }
  await reread()
}

const rereadRules = (): Promise<void> => readNow("the rules", refreshRules)
const rereadTargets = (): Promise<void> => readNow("the targets", refreshTargets)
const rereadCalls = (): Promise<void> => readNow("the calls", refreshCalls)

const editor = makeRuleEditor(byId("editor"), (sentence) => {
  showSentence(outcome, sentence)
  void rereadRules()
})

const edit = async ({ name }: RuleView): Promise<void> => {
  try {
    const { text, source } = await getRuleText(name)
    const fromFile =
      source === "file" ? "This rule is in the file RULES: try it here, change it there." : undefined
    const readOnly = fromFile ?? last?.readOnly ?? undefined
    editor.open({ title: `Rule ${name}`, text, ...(readOnly === undefined ? {} : { readOnly }) })
  } catch (error) {
    showFailure(outcome, error)
  }
}

const remove = async ({ name }: RuleView): Promise<void> => {
  const question = `Remove rule ${name}? Its deliveries on their way are still made, and its line in the ledger stays.`
  if (await isConfirmed(question, "Remove", "danger"))
    await run(outcome, removeRule(name), `Rule ${name} was removed.`, rereadRules)
}

const showCallsOf = (of: { readonly rule?: string; readonly target?: string }): void => {
  setValue(callForm, "rule", of.rule ?? "")
  setValue(callForm, "target", of.target ?? "")
  applyCallFilter()
  byId("calls-title").scrollIntoView({ block: "start" })
}

const showRules = makeRules(byId("rules"), {
  turn: ({ name, isOn }) =>
    void run(outcome, turnRule(name, !isOn), `Rule ${name} was turned ${isOn ? "off" : "on"}.`, rereadRules),
  edit: (rule) => void edit(rule),
  remove: (rule) => void remove(rule),
  showCalls: ({ name }) => showCallsOf({ rule: name })
})

const showTargets = makeTargets(byId("targets"), {
  pause: (target) =>
    void run(targetOutcome, pauseTarget(target), `${target} is paused: its deliveries wait.`, rereadTargets),
  resume: (target) =>
    void run(
      targetOutcome,
      resumeTarget(target),
      `${target} is called again: its waiting deliveries are due now.`,
      rereadTargets
    ),
  enable: (target, rule) =>
    void run(
      targetOutcome,
      enableTarget(target, rule),
      `${target} is enabled for rule ${rule}.`,
      rereadTargets
    ),
  showCalls: (target) => showCallsOf({ target })
})

const showCalls = makeCalls(byId("calls"))
const showFigures = makeReactionFigures(byId("totals"))

const sentencesOf = ({
  fileProblem,
  warnings,
  troubles,
  readOnly
}: ReactionsView): ReadonlyArray<HTMLElement> => [
  ...troubles.map((text) => element("p", "trouble", text)),
  ...(fileProblem === null
    ? []
    : [
        element(
          "p",
          "trouble",
          `The rules file was not taken over, its last good version is in force: ${fileProblem}`
        )
      ]),
  ...warnings.map((text) => element("p", "trouble", text)),
  ...(readOnly === null ? [] : [element("p", "remark", readOnly)])
]

const noRulesText = ({ rules, hasFile, troubles }: ReactionsView): string => {
  if (rules.length > 0) return "No rule matches the filter."
  if (troubles.length > 0) return "It is unknown whether there are rules."
  return hasFile
    ? "The rules file has no rules."
    : "No rules yet: set RULES to a file of rules, or make one here."
}

const filterOf = (): RuleFilter => ({
  text: fieldText(ruleForm, "text"),
  source: fieldText(ruleForm, "source"),
  state: fieldText(ruleForm, "state")
})

const showList = (view: ReactionsView): void => {
  byId("rules-shown").textContent = showRules(view, filterOf())
  byId("no-rules").hidden = byId("rules").childElementCount > 0
  byId("no-rules").textContent = noRulesText(view)
}

/** Adds the options that the list of a field does not have yet. */
const fillOptions = (id: string, values: ReadonlyArray<string>): void => {
  const place = byId(id)
  const text = values.join("\n")
  if (place.dataset.text === text) return
  place.dataset.text = text
  place.replaceChildren(
    ...values.map((value) => {
      const option = element("option")
      option.value = value
      return option
    })
  )
}

const refreshRules = async (signal: AbortSignal): Promise<string | undefined> => {
  const view = await getReactions(signal)
  last = view
  byId("rule-count").textContent = number(view.rules.filter(({ source }) => source !== "gone").length)
  newRule.disabled = view.readOnly !== null
  showOnce(byId("verdict"), sentencesOf(view))
  showFigures(view)
  showList(view)
  fillOptions(
    "known-rules",
    view.rules.map(({ name }) => name)
  )
  return view.troubles.length === 0 ? undefined : "some could not be read"
}

const refreshTargets = async (signal: AbortSignal): Promise<undefined> => {
  const { targets } = await getTargets(signal)
  showTargets(targets)
  byId("no-targets").hidden = targets.length > 0
  fillOptions(
    "known-targets",
    targets.map(({ target }) => target)
  )
}

const callQuery = (): URLSearchParams => {
  const query = new URLSearchParams()
  for (const name of ["rule", "target"]) {
    const value = fieldText(callForm, name)
    if (value !== "") query.set(name, value)
  }
  return query
}

const refreshCalls = async (signal: AbortSignal): Promise<undefined> => {
  const requested = String(callQuery())
  const { calls, isMasked } = await getCalls(
    new URLSearchParams([...callQuery(), ["limit", String(shownCalls)]]),
    signal
  )
  if (requested !== String(callQuery())) return
  showCalls(calls)
  byId("no-calls").hidden = calls.length > 0
  byId("calls-note").textContent = isMasked ? "VIEWER_MASK hides the contents of calls." : ""
}

/** The filter of calls is part of the address, so that a link shows the same. */
const applyCallFilter = (): void => {
  const address = new URL(location.href)
  for (const name of ["rule", "target"]) {
    const value = fieldText(callForm, name)
    if (value === "") address.searchParams.delete(name)
    else address.searchParams.set(name, value)
  }
  history.replaceState(null, "", address)
  void rereadCalls()
}

callForm.addEventListener("submit", (event) => {
  event.preventDefault()
  applyCallFilter()
})
ruleForm.addEventListener("submit", (event) => event.preventDefault())
ruleForm.addEventListener("input", () => {
  if (last !== undefined) showList(last)
})
newRule.addEventListener("click", () => editor.open({ title: "New rule" }))
document.addEventListener("keydown", (pressed) => {
  const { key, target, ctrlKey, metaKey, altKey } = pressed
  const isField = target instanceof Element && target.closest("input, select, textarea") !== null
  if (key !== "/" || ctrlKey || metaKey || altKey || isField) return
  pressed.preventDefault()
  const field = ruleForm.elements.namedItem("text")
  if (field instanceof HTMLInputElement) field.focus()
})

const asked = new URLSearchParams(location.search)
for (const name of ["rule", "target"]) setValue(callForm, name, asked.get(name) ?? "")
showFrame()
await Promise.all([
  poll("the rules", refreshRules, intervalMs),
  poll("the targets", refreshTargets, intervalMs),
  poll("the calls", refreshCalls, intervalMs)
])
