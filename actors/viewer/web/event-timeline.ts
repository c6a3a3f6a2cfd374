/**
 * The way of one event as a line of stages, each stretch as long as it took (in powers of ten), the consumers beside
 * each other at its end. It asks the viewer as long as it is to be seen and the way may still go on.
 */
import { get } from "/page/ask.js"
import { csvOf } from "/page/csv.js"
import { clock } from "/page/event-row.js"
import { element, link, span, whereAddress } from "/page/frame.js"
import { inert } from "/page/inert-text.js"
import { withTimes } from "/page/told-times.js"

/** The stages of the pipeline; any other is a consumer. */
const pipeline = new Set(["gateway", "queue", "drainer", "enricher", "bridge", "log"])

const passed = [
  ["received", "gateway", "taken at the edge"],
  ["claimed", "drainer", "claimed from the queue"],
  ["enriched", "enricher", "enriched"],
  ["sent", "bridge", "sent to the log"],
  ["logged", "log", "stored"]
]

/** The way as far as the event itself tells it. */
export const ownSteps = ({ times }) => {
  let before
  return passed.flatMap(([name, stage, what]) => {
    const at = times[name]
    if (at === undefined) return []
    const after = before === undefined ? undefined : at - before
    before = at
    return [{ stage, what, at, after }]
  })
}

const longestOf = (steps) => Math.max(...steps.map(({ after }) => after ?? 0))

const stageStep = (step, next, longest) => {
  const { stage, what, at } = step
  const text = element("span", "what", withTimes(what))
  text.title = what
  const made = element("li", at === undefined ? "open" : "", [
    element("b", "", inert(stage)),
    text,
    at === undefined ? element("span", "at", "not known") : element("span", "at", clock(at))
  ])
  if (next === undefined) return made
  const took = next.after
  if (took === undefined) made.classList.add("unmeasured")
  else {
    const stretch = element("span", "took", took < 0 ? `${span(took)} (clocks differ)` : `+${span(took)}`)
    made.append(stretch)
    if (took === longest && took > 0) made.classList.add("longest")
    made.style.flexGrow = String(1 + Math.log10(1 + Math.max(0, took)))
  }
  return made
}

const consumerStep = ({ stage, what, at }, logged) => {
  const since = at === undefined || logged === undefined ? undefined : at - logged
  const made = element("li", at === undefined ? "open" : "", [
    element("b", "", inert(stage)),
    element("span", "took", since === undefined ? "" : `${since < 0 ? "" : "+"}${span(since)}`),
    element("span", "at", at === undefined ? inert(what) : clock(at))
  ])
  made.title = what
  return made
}

/** The picture of those steps. */
export const journeyLine = (steps) => {
  const main = steps.filter(({ stage }) => pipeline.has(stage))
  const consumers = steps.filter(({ stage }) => !pipeline.has(stage))
  const longest = longestOf(main)
  const logged = main.find(({ stage }) => stage === "log")?.at
  const line = element(
    "ol",
    consumers.length === 0 ? "journey-line alone" : "journey-line",
    main.map((step, place) => stageStep(step, main[place + 1], longest))
  )
  line.setAttribute("aria-label", "Stages")
  if (consumers.length === 0) return line
  const ends = element(
    "ul",
    "consumers",
    consumers.map((step) => consumerStep(step, logged))
  )
  ends.setAttribute("aria-label", "Consumers")
  return element("div", "journey-whole", [line, ends])
}

const csv = (steps) =>
  csvOf([
    ["stage", "what", "at", "after_ms"],
    ...steps.map(({ stage, what, at, after }) => [
      stage,
      what,
      at === undefined ? undefined : new Date(at).toISOString(),
      after
    ])
  ])

const kinds = { stored: "good", "dead letter": "bad", "in flight": "waiting" }

const verdict = ({ state, sentence, wholeWay, records }) => {
  const made = element("p", `verdict ${kinds[state] ?? ""}`, withTimes(sentence))
  if (wholeWay !== undefined) made.append(` ${span(wholeWay)} from the edge to the log.`)
  if (records.length > 1) made.append(` It was sent ${records.length} times.`)
  return made
}

/** The steps that a section shows now. */
const stepsOf = new WeakMap()

/** The journey that the section shows when it is asked, as texts. */
export const journeyForms = (section) => ({
  JSON: () => JSON.stringify(stepsOf.get(section)(), undefined, 2),
  CSV: () => csv(stepsOf.get(section)())
})

/** The way is asked for again after so long, then less and less often, for so long, milliseconds. */
const firstPause = 1_000
const patience = 30_000

/** Consumers that say nothing of an event so long after it was stored will say nothing more, milliseconds. */
const lateness = 60_000

const isOver = ({ state, steps, records: [record] }) => {
  if (state === "not an id" || state === "dead letter") return true
  if (state !== "stored") return false
  return steps.every(({ at }) => at !== undefined) || record.timestamp < Date.now() - lateness
}

/**
 * The section of an event's way. `known` are steps to show until the viewer has answered, `found` hears each answer.
 * @param {string} id empty: nobody can be asked
 */
export const journeySection = (id, known = [], found = () => {}) => {
  let steps = known
  const place = element("div", "journey")
  const head = element("h3", "", "Journey")
  const section = element("section", "part-journey", [element("div", "part-head", head), place])
  stepsOf.set(section, () => steps)
  if (known.length > 0) place.append(journeyLine(known))
  if (id === "") {
    place.append(element("p", "hint", "It has no event id, so nothing more is known of its way."))
    return section
  }
  const note = element("p", "hint", "Asking where it is …")
  place.append(note)

  const show = (journey) => {
    steps = journey.steps.length > 0 ? journey.steps : known
    place.replaceChildren(
      verdict(journey),
      ...(steps.length > 0 ? [journeyLine(steps)] : []),
      ...journey.troubles.map((trouble) => element("p", "trouble", inert(trouble))),
      ...(journey.state === "dead letter"
        ? [element("p", "", link(whereAddress(id), "See it in the ledger"))]
        : [])
    )
    found(journey)
  }

  const began = Date.now()
  let shown
  const ask = async (pause) => {
    try {
      const journey = await get(`/api/events/${encodeURIComponent(id)}`)
      const text = JSON.stringify(journey)
      if (text !== shown) show(journey)
      shown = text
      if (isOver(journey)) return
    } catch (error) {
      note.textContent = `Its way is not known: ${error.message}`
    }
    if (Date.now() - began < patience && section.isConnected) setTimeout(ask, pause, 1.5 * pause)
  }
  ask(firstPause)
  return section
}
