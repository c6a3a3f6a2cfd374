/** The overview: how the system is at this moment, asked for every second while the page is to be seen. */
import { get } from "/page/ask.js"
import { mark, say } from "/page/drawing.js"
import { element, showFrame } from "/page/frame.js"
import { makeInstances } from "/page/instances.js"
import { keepFresh } from "/page/keep-fresh.js"
import { makeRail } from "/page/rail.js"
import { makeSeams } from "/page/seams.js"
import { makeStations, titleOf } from "/page/stations.js"
import { makeTotals } from "/page/totals.js"

const interval = 1000
const at = (id) => document.getElementById(id)

const showTotals = makeTotals(at("totals"))
const showStations = makeStations(at("stations"), at("consumers"))
const showRail = makeRail(at("rail"))
const showSeams = makeSeams(at("seams"))
const showInstances = makeInstances(at("instances"), at("instances-count"), at("open-all"))

const isBad = (condition) => condition === "stands still" || condition === "down"

/** The conditions of the view before, by stage; the whole has no name. */
let before

/** What a person who does not see the picture is told: the whole at first, then what went wrong or came right again. */
const changes = ({ condition, sentence, stages }) => {
  const now = new Map([["", condition], ...stages.map((stage) => [stage.name, stage.condition])])
  const was = before
  before = now
  if (was === undefined) return [sentence]
  const told = stages
    .filter(({ name, condition: is }) => was.get(name) !== is && (isBad(is) || isBad(was.get(name))))
    .map(({ name, condition: is, sentence: why }) =>
      isBad(is)
        ? `${titleOf(name)} ${is === "down" ? "is down" : is}. ${why}`
        : `${titleOf(name)}: ${is} again.`
    )
  return was.get("") !== condition && (isBad(condition) || isBad(was.get(""))) ? [sentence] : told
}

const showTroubles = (troubles) => {
  const list = at("troubles")
  list.hidden = troubles.length === 0
  const text = troubles.join("\n")
  if (list.dataset.text === text) return
  list.dataset.text = text
  list.replaceChildren(...troubles.map((trouble) => element("li", "", trouble)))
}

const show = (view) => {
  mark(at("verdict"), "condition", view.condition)
  say(at("sentence"), view.sentence)
  const told = changes(view)
  if (told.length > 0) at("told").textContent = told.join(" ")
  showTroubles(view.troubles)
  showTotals(view)
  showSeams(view)
  showInstances(view)
  showRail(showStations(view))
  document.title = isBad(view.condition) ? `${view.condition} · Spoor` : "Overview · Spoor"
}

showFrame()
await keepFresh(
  "the system",
  async (signal) => {
    show(await get("/api/system", signal))
  },
  interval
)
