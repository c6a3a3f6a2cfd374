/** The overview: the state of the system, read every second while the page is visible. */
import type { SystemView } from "../../inspect/pipeline/system-view.ts"
import { conditionName, isBad } from "./condition.ts"
import { conditionChanges } from "./condition-changes.ts"
import { makeDependencies } from "./dependencies.ts"
import { byId, byIdAs, element } from "./element.ts"
import { makeFlowLine } from "./flow-line.ts"
import { showFrame } from "./frame.ts"
import { makeInstances } from "./instances.ts"
import { poll } from "./polling.ts"
import { makeStageCards } from "./stage-cards.ts"
import { makeTotals } from "./totals.ts"
import { setData, setText } from "./update-element.ts"
import { getSystem } from "./viewer-api.ts"

const intervalMs = 1000

const showTotals = makeTotals(byId("totals"))
const showStages = makeStageCards(byId("stages"), byId("consumers"))
const showFlowLine = makeFlowLine(byIdAs("flow-line", SVGSVGElement))
const showDependencies = makeDependencies(byId("dependencies"))
const showInstances = makeInstances(
  byIdAs("instances", HTMLTableElement),
  byId("instances-count"),
  byIdAs("open-all", HTMLButtonElement)
)
const announcementOf = conditionChanges()

const showTroubles = (troubles: ReadonlyArray<string>): void => {
  const list = byId("troubles")
  list.hidden = troubles.length === 0
  const text = troubles.join("\n")
  if (list.dataset.text === text) return
  list.dataset.text = text
  list.replaceChildren(...troubles.map((trouble) => element("li", "", trouble)))
}

const show = (view: SystemView): void => {
  const condition = conditionName(view.condition)
  setData(byId("verdict"), "condition", condition)
  setText(byId("sentence"), view.sentence)
  const announcement = announcementOf(view)
  if (announcement !== "") byId("announcement").textContent = announcement
  showTroubles(view.troubles)
  showTotals(view)
  showDependencies(view)
  showInstances(view)
  showFlowLine(showStages(view))
  document.title = isBad(condition) ? `${condition} · Spoor` : "Overview · Spoor"
}

showFrame()
await poll(
  "the system",
  async (signal) => {
    show(await getSystem(signal))
    return undefined
  },
  intervalMs
)
