/** The stages as stations of a line: name, condition, the figure that says the most, and the others below it. */
import { mark, say } from "/page/drawing.js"
import { element, known, link, number, rate, span } from "/page/frame.js"

const perSecond = (value) => known(value, (one) => `${rate(one)}/s`)
const ofCapacity = ({ underWay, capacity }) =>
  capacity ? `${known(underWay, number)} of ${number(capacity)}` : "–"

/** A fact: its name, its text, and whether it is bad. A stage has the same ones all the time, so that nothing jumps. */
const failed = ["failed", (stage) => perSecond(stage.failedRate), (stage) => stage.failedRate >= 0.05]
const rejected = ["rejected", (stage) => perSecond(stage.rejectedRate), (stage) => stage.rejectedRate >= 0.05]
const lag = ["lag", (stage) => known(stage.lag, span)]

const facts = {
  actor: [["under way", ofCapacity], ["took", (stage) => known(stage.took, span)], lag, failed, rejected],
  queue: [
    ["passed", (stage) => perSecond(stage.rate)],
    ["in flight", (stage) => known(stage.inFlight, number)],
    ["dead letters", (stage) => known(stage.dead, number), undefined, "/dead-letters"]
  ],
  log: [["since start", (stage) => known(stage.events, number)], failed],
  consumer: [["behind", (stage) => known(stage.behind, number)], lag]
}

/** The large figure of a stage, and what it counts. */
const mainOf = (stage) =>
  stage.kind === "queue"
    ? [known(stage.waiting, number), "waiting"]
    : [known(stage.rate, rate), stage.kind === "consumer" ? "/s" : "events/s"]

const titles = {
  gateway: "Gateway",
  queue: "Queue",
  drainer: "Drainer",
  enricher: "Enricher",
  bridge: "Bridge",
  log: "Log"
}

/** The name of a stage as people read it: those of the pipeline by their title, consumers as they are called. */
export const titleOf = (name) => titles[name] ?? name

const makeFact = ([name, write, isBad, leads]) => {
  const value = element("dd", "")
  const title = leads === undefined ? element("dt", "", name) : element("dt", "", link(leads, name))
  const fact = element("div", "fact", [title, value])
  const show = (stage) => {
    say(value, write(stage))
    mark(value, "bad", String(isBad?.(stage) ?? false))
    mark(fact, "nil", String(value.textContent === "–"))
  }
  return { fact, show }
}

/** One station; `place` is its element, `stop` the point where the line passes it. */
const makeStation = (first) => {
  const stop = element("span", "mark")
  stop.setAttribute("aria-hidden", "true")
  const times = element("span", "times")
  const condition = element("p", "condition")
  const value = element("b", "")
  const unit = element("span", "unit")
  const sentence = element("p", "sentence")
  const list = facts[first.kind].map(makeFact)
  const place = element("li", `station ${first.kind}`, [
    stop,
    element("h3", "", [element("span", "name", titleOf(first.name)), times]),
    condition,
    element("p", "main", [value, " ", unit]),
    element(
      "dl",
      "facts",
      list.map(({ fact }) => fact)
    ),
    sentence
  ])
  const show = (stage) => {
    const [figure, counts] = mainOf(stage)
    mark(place, "condition", stage.condition)
    say(condition, stage.condition)
    say(times, stage.instances > 1 ? `×${number(stage.instances)}` : "")
    say(value, figure)
    say(unit, counts)
    say(sentence, stage.sentence)
    for (const fact of list) fact.show(stage)
  }
  return { place, stop, show }
}

/** Fills the two places; returns what shows the next view, and gives back where the line stops at each stage. */
export const makeStations = (stations, consumers) => {
  let names = ""
  let made = new Map()

  const rebuild = (stages) => {
    const before = made
    made = new Map(stages.map((stage) => [stage.name, before.get(stage.name) ?? makeStation(stage)]))
    const placesOf = (isConsumer) =>
      stages
        .filter(({ kind }) => (kind === "consumer") === isConsumer)
        .map(({ name }) => made.get(name).place)
    stations.replaceChildren(...placesOf(false))
    consumers.replaceChildren(...placesOf(true))
    stations.parentElement.style.setProperty("--stations", String(stations.children.length))
  }

  return ({ stages }) => {
    const now = stages.map(({ name, kind }) => `${kind} ${name}`).join("\n")
    if (now !== names) rebuild(stages)
    names = now
    return stages.map((stage) => {
      const { show, stop } = made.get(stage.name)
      show(stage)
      return { stage, stop }
    })
  }
}
