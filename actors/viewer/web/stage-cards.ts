/** The stages of the pipeline as cards: name, condition, the main figure, and further facts below it. */
import type { Figure, StageView, SystemView } from "../../inspect/pipeline/system-view.ts"
import { conditionName } from "./condition.ts"
import { element, link } from "./element.ts"
import { known, number, rate, span } from "./format.ts"
import { setData, setText } from "./update-element.ts"

type OptionalFigure = Figure | undefined

const perSecond = (value: OptionalFigure): string => known(value, (figure) => `${rate(figure)}/s`)

/** A rate of failures at or above this is marked, events per second. */
const maxFailedRate = 0.05

const isFailing = (value: OptionalFigure): boolean => (value ?? 0) >= maxFailedRate

const ofCapacity = ({ underWay, capacity }: StageView): string =>
  capacity ? `${known(underWay, number)} of ${number(capacity)}` : "–"

/** One fact of a stage. All stages of a kind have the same facts, so that the layout is stable. */
interface Fact {
  readonly name: string
  readonly text: (stage: StageView) => string
  readonly isBad?: (stage: StageView) => boolean
  /** The page with details. */
  readonly address?: string
}

const failed: Fact = {
  name: "failed",
  text: (stage) => perSecond(stage.failedRate),
  isBad: (stage) => isFailing(stage.failedRate)
}
const rejected: Fact = {
  name: "rejected",
  text: (stage) => perSecond(stage.rejectedRate),
  isBad: (stage) => isFailing(stage.rejectedRate)
}
const lag: Fact = { name: "lag", text: (stage) => known(stage.lag, span) }

const factsOf: Readonly<Record<StageView["kind"], ReadonlyArray<Fact>>> = {
  actor: [
    { name: "in flight", text: ofCapacity },
    { name: "duration", text: (stage) => known(stage.took, span) },
    lag,
    failed,
    rejected
  ],
  queue: [
    { name: "passed", text: (stage) => perSecond(stage.rate) },
    { name: "in flight", text: (stage) => known(stage.inFlight, number) },
    { name: "dead letters", text: (stage) => known(stage.dead, number), address: "/dead-letters" }
  ],
  log: [{ name: "since start", text: (stage) => known(stage.events, number) }, failed],
  consumer: [{ name: "behind", text: (stage) => known(stage.behind, number) }, lag]
}

/** The main figure of a stage and its unit. */
const mainFigure = (stage: StageView): readonly [figure: string, unit: string] =>
  stage.kind === "queue"
    ? [known(stage.waiting, number), "waiting"]
    : [known(stage.rate, rate), stage.kind === "consumer" ? "/s" : "events/s"]

const titles: Readonly<Record<string, string>> = {
  gateway: "Gateway",
  queue: "Queue",
  drainer: "Drainer",
  enricher: "Enricher",
  bridge: "Bridge",
  log: "Log"
}

/** The title of a stage: consumers have their own name. */
export const titleOf = (name: string): string => titles[name] ?? name

const makeFact = ({ name, text, isBad, address }: Fact) => {
  const value = element("dd")
  const title = element("dt", "", address === undefined ? name : link(address, name))
  const place = element("div", "fact", [title, value])
  const show = (stage: StageView): void => {
    setText(value, text(stage))
    setData(value, "bad", String(isBad?.(stage) ?? false))
    setData(place, "nil", String(value.textContent === "–"))
  }
  return { place, show }
}

/** A card on the page; the flow line passes through `marker`. */
interface Card {
  readonly place: HTMLElement
  readonly marker: HTMLElement
  readonly show: (stage: StageView) => void
}

const makeCard = ({ kind, name }: StageView): Card => {
  const marker = element("span", "mark")
  marker.setAttribute("aria-hidden", "true")
  const instances = element("span", "times")
  const condition = element("p", "condition")
  const value = element("b")
  const unit = element("span", "unit")
  const sentence = element("p", "sentence")
  const facts = factsOf[kind].map(makeFact)
  const place = element("li", `stage-card ${kind}`, [
    marker,
    element("h3", "", [element("span", "name", titleOf(name)), instances]),
    condition,
    element("p", "main", [value, " ", unit]),
    element(
      "dl",
      "facts",
      facts.map((fact) => fact.place)
    ),
    sentence
  ])
  const show = (stage: StageView): void => {
    const [figure, figureUnit] = mainFigure(stage)
    setData(place, "condition", conditionName(stage.condition))
    setText(condition, conditionName(stage.condition))
    setText(instances, (stage.instances ?? 0) > 1 ? `×${number(stage.instances ?? 0)}` : "")
    setText(value, figure)
    setText(unit, figureUnit)
    setText(sentence, stage.sentence)
    for (const fact of facts) fact.show(stage)
  }
  return { place, marker, show }
}

/** A stage and the point of the page where the flow line passes it. */
export interface MarkedStage {
  readonly stage: StageView
  readonly marker: HTMLElement
}

/** Fills the two lists; returns a function that shows the next view and returns the markers. */
export const makeStageCards = (pipeline: HTMLElement, consumers: HTMLElement) => {
  let shownNames = ""
  let cards: ReadonlyMap<string, Card> = new Map()

  const rebuild = (stages: ReadonlyArray<StageView>): void => {
    cards = new Map(stages.map((stage) => [stage.name, cards.get(stage.name) ?? makeCard(stage)]))
    const placesOf = (isConsumer: boolean): ReadonlyArray<HTMLElement> =>
      stages
        .filter(({ kind }) => (kind === "consumer") === isConsumer)
        .flatMap(({ name }) => cards.get(name)?.place ?? [])
    pipeline.replaceChildren(...placesOf(false))
    consumers.replaceChildren(...placesOf(true))
    pipeline.parentElement?.style.setProperty("--stages", String(pipeline.children.length))
  }

  return ({ stages }: SystemView): ReadonlyArray<MarkedStage> => {
    const names = stages.map(({ name, kind }) => `${kind} ${name}`).join("\n")
    if (names !== shownNames) rebuild(stages)
    shownNames = names
    return stages.flatMap((stage) => {
      const card = cards.get(stage.name)
      card?.show(stage)
      return card === undefined ? [] : [{ stage, marker: card.marker }]
    })
  }
}
