/**
 * The line through the stages: its thickness and the speed of its dots show the rate. Horizontal on wide screens,
 * vertical on narrow ones; with `prefers-reduced-motion` only the thickness shows the rate.
 */
import type { StageView } from "../../inspect/pipeline/system-view.ts"
import { type ConditionName, conditionName } from "./condition.ts"
import type { MarkedStage } from "./stage-cards.ts"
import { setAttributes, setData, svgElement } from "./update-element.ts"

/** Distance between two dots, and their speed per second at a rate near zero, pixels. */
const dotPeriod = 16

/** The width in which the line branches to the consumers, pixels. */
const branchWidth = 66

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)")

const thickness = (rate: number): number => 2.5 + 1.25 * Math.log10(1 + rate)
const speed = (rate: number): number => 0.8 + 1.5 * Math.log10(1 + rate)

interface Point {
  readonly x: number
  readonly y: number
}

type Stop = Point & { readonly stage: StageView }

/** A section of the line. */
interface Section {
  readonly name: string
  readonly path: string
  readonly condition: ConditionName
  readonly rate: number
}

interface DrawnSection {
  readonly show: (section: Section) => void
  readonly remove: () => void
}

const drawSection = (svg: SVGSVGElement): DrawnSection => {
  const base = svgElement("path", "base")
  const dots = svgElement("path", "dots", { "stroke-dasharray": `0 ${dotPeriod}` })
  const group = svgElement("g", "edge")
  group.append(base, dots)
  svg.append(group)
  let animation: Animation | undefined
  let smoothRate = 0

  const move = (rate: number): void => {
    if (reducedMotion.matches) {
      animation?.cancel()
      animation = undefined
      return
    }
    animation ??= dots.animate([{ strokeDashoffset: 0 }, { strokeDashoffset: -dotPeriod }], {
      duration: 1000,
      iterations: Number.POSITIVE_INFINITY
    })
    if (rate > 0) {
      animation.updatePlaybackRate(speed(rate))
      animation.play()
    } else animation.pause()
  }

  const show = ({ path, condition, rate }: Section): void => {
    smoothRate = smoothRate === 0 || rate === 0 ? rate : smoothRate * 0.6 + rate * 0.4
    setAttributes(base, { d: path, "stroke-width": thickness(smoothRate).toFixed(1) })
    setAttributes(dots, { d: path, "stroke-width": Math.max(2, thickness(smoothRate) * 0.6).toFixed(1) })
    setData(group, "condition", condition)
    setData(group, "moves", String(rate > 0 && !reducedMotion.matches))
    move(rate)
  }
  return { show, remove: () => group.remove() }
}

/** The rate into a stage: an actor's own rate; for queue and log the rate of the stage before. */
const inputRate = (before: StageView | undefined, { kind, rate }: StageView): number =>
  (kind === "actor" || kind === "consumer" || before === undefined ? rate : before.rate) ?? 0

const straight = (from: Point, to: Point): string => `M${from.x} ${from.y}L${to.x} ${to.y}`

const branch = (from: Point, to: Point): string => {
  const half = (to.x - from.x) / 2
  return `M${from.x} ${from.y}C${from.x + half} ${from.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`
}

/** The sections from the consumers' common point to each of them. */
const branchSections = (split: Point, consumers: ReadonlyArray<Stop>): ReadonlyArray<Section> =>
  consumers.map(({ stage, ...to }) => ({
    name: stage.name,
    path: branch(split, to),
    condition: conditionName(stage.condition),
    rate: stage.rate ?? 0
  }))

/** The sections of the line: from the clients, from stage to stage, and to each consumer. */
const sectionsOf = (stops: ReadonlyArray<Stop>): ReadonlyArray<Section> => {
  const line = stops.filter(({ stage }) => stage.kind !== "consumer")
  const consumers = stops.filter(({ stage }) => stage.kind === "consumer")
  const [first, second] = line
  const last = line.at(-1)
  if (first === undefined || last === undefined) return []
  const isHorizontal = second === undefined || Math.abs(second.x - first.x) > Math.abs(second.y - first.y)
  const sections = line.map((to, index): Section => {
    const before = line[index - 1]
    const from = before ?? { x: isHorizontal ? 0 : first.x, y: isHorizontal ? first.y : 0 }
    return {
      name: to.stage.name,
      path: straight(from, to),
      condition: conditionName(to.stage.condition),
      rate: inputRate(before?.stage, to.stage)
    }
  })
  const [firstConsumer] = consumers
  const lastConsumer = consumers.at(-1)
  if (firstConsumer === undefined || lastConsumer === undefined) return sections
  const split = isHorizontal
    ? { x: firstConsumer.x - branchWidth, y: last.y }
    : { x: last.x, y: lastConsumer.y }
  const maxRate = Math.max(...consumers.map(({ stage }) => stage.rate ?? 0))
  const common: Section = {
    name: " ",
    path: straight(last, split),
    condition: maxRate > 0 ? "flowing" : "idle",
    rate: maxRate
  }
  return [...sections, common, ...(isHorizontal ? branchSections(split, consumers) : [])]
}

/** The centre of each marker, in pixels of the picture. */
const stopsOf = (svg: SVGSVGElement, marked: ReadonlyArray<MarkedStage>): ReadonlyArray<Stop> => {
  const origin = svg.getBoundingClientRect()
  return marked.map(({ stage, marker }) => {
    const { x, y, width, height } = marker.getBoundingClientRect()
    return { stage, x: Math.round(x + width / 2 - origin.x), y: Math.round(y + height / 2 - origin.y) }
  })
}

/** Draws into the picture, again when its size changes; returns a function that shows the next view. */
export const makeFlowLine = (svg: SVGSVGElement) => {
  const drawn = new Map<string, DrawnSection>()
  let shown: ReadonlyArray<MarkedStage> = []

  const redraw = (): void => {
    const sections = sectionsOf(stopsOf(svg, shown))
    for (const section of sections) {
      const known = drawn.get(section.name) ?? drawSection(svg)
      drawn.set(section.name, known)
      known.show(section)
    }
    const names = new Set(sections.map(({ name }) => name))
    for (const [name, section] of drawn) {
      if (names.has(name)) continue
      section.remove()
      drawn.delete(name)
    }
  }

  new ResizeObserver(redraw).observe(svg)
  reducedMotion.addEventListener("change", redraw)
  return (marked: ReadonlyArray<MarkedStage>): void => {
    shown = marked
    redraw()
  }
}
