/** The table of targets: their health, and the buttons to pause, resume and enable them. */
import type { TargetState, TargetStatus } from "../../../bridge/reaction-store/service.ts"
import { button, element } from "./element.ts"
import { number } from "./format.ts"
import { inert } from "./inert-text.ts"
import { makeKeyedRows, type ShownItem } from "./keyed-rows.ts"
import { clock, timeOfDay } from "./times.ts"
import { setData, setText } from "./update-element.ts"

/** What a person can do with a target. */
export interface TargetActions {
  readonly pause: (target: string) => void
  readonly resume: (target: string) => void
  readonly enable: (target: string, rule: string) => void
  readonly showCalls: (target: string) => void
}

/** Targets inside of Spoor, for people. */
const ownTargets: Readonly<Record<string, string>> = {
  queue: "events that rules emit",
  devices: "messages to devices, before they are spread over channels",
  "dead-letters": "deliveries that failed, until they are dead letters",
  none: "deliveries without a valid URL"
}

const until = (at: number | undefined): string => (at === undefined ? "" : ` until ${timeOfDay(at)}`)

const stateTexts: Readonly<Record<TargetState, (at: number | undefined) => string>> = {
  closed: () => "closed: it is called",
  open: (at) => `open${until(at)}: it failed too often`,
  "half-open": () => "half-open: one call is tried",
  held: (at) => `held${until(at)}: it asked to wait`,
  paused: () => "paused by a person"
}

const cell = (name: string, className = "number"): HTMLTableCellElement => {
  const created = element("td", className)
  created.dataset.name = name
  return created
}

/** Whether waiting deliveries may be made due now. */
const isStopped = ({ state, waiting }: TargetStatus): boolean => state !== "closed" || waiting > 0

const makeTarget =
  (actions: TargetActions) =>
  ({ target }: TargetStatus): ShownItem<TargetStatus> => {
    const own = ownTargets[target]
    const head = element("th", "name", [
      button(inert(target), () => actions.showCalls(target), "plain"),
      ...(own === undefined ? [] : [element("span", "when", own)])
    ])
    head.scope = "row"
    const state = element("span", "target-state")
    const disabled = element("ul", "disabled")
    const stateCell = cell("state", "states")
    stateCell.append(state, disabled)
    const names = ["waiting", "in flight", "worked", "failed", "in a row"] as const
    const cells = names.map((name) => cell(name))
    const last = cell("last call", "last")
    const pause = button("Pause", () => actions.pause(target))
    const resume = button("Resume", () => actions.resume(target))
    const retry = button("Retry now", () => actions.resume(target))
    for (const one of [pause, resume, retry]) one.setAttribute("aria-label", `${one.textContent}: ${target}`)
    const buttons = cell("", "buttons")
    buttons.append(retry, pause, resume)
    const row = element("tr", "", [head, stateCell, ...cells, last, buttons])
    let shownDisabled = ""

    const show = (status: TargetStatus): void => {
      const { waiting, inFlight, worked, failed, failures, lastCall, disabledFor } = status
      setData(row, "state", status.state)
      setText(state, stateTexts[status.state](status.until))
      for (const [i, figure] of [waiting, inFlight, worked, failed, failures].entries()) {
        const place = cells[i]
        if (place === undefined) continue
        setText(place, number(figure))
        place.classList.toggle("nil", figure === 0)
        setData(place, "bad", String(names[i] === "in a row" && figure > 0))
      }
      last.replaceChildren(lastCall === undefined ? "never" : clock(lastCall))
      if (disabledFor.join("\n") !== shownDisabled) {
        shownDisabled = disabledFor.join("\n")
        disabled.replaceChildren(...disabledFor.map((rule) => disabledItem(target, rule, actions)))
      }
      const isPaused = status.state === "paused"
      pause.hidden = isPaused
      resume.hidden = !isPaused
      retry.hidden = isPaused || !isStopped(status)
    }
    return { rows: () => [row], show }
  }

const disabledItem = (target: string, rule: string, { enable }: TargetActions): HTMLLIElement => {
  const action = button("Enable", () => enable(target, rule), "small")
  action.setAttribute("aria-label", `Enable ${target} for rule ${rule}`)
  return element("li", "", ["disabled for rule ", inert(rule), " ", action])
}

/** Fills the table; returns a function that shows the next list. */
export const makeTargets = (body: HTMLElement, actions: TargetActions) =>
  makeKeyedRows(body, ({ target }: TargetStatus) => target, makeTarget(actions))
