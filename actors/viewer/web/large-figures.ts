/** Figures in large digits, each with a graph of its last values. */
import type { Figure } from "../../inspect/pipeline/system-view.ts"
import { element, link } from "./element.ts"
import { known } from "./format.ts"
import { makeSparkline } from "./sparkline.ts"
import { setData, setText } from "./update-element.ts"

export type OptionalFigure = Figure | undefined

/** A figure of a view that is read again and again. */
export interface LargeFigure<View> {
  readonly name: string
  readonly unit: string
  readonly value: (view: View) => OptionalFigure
  readonly format: (value: number) => string
  /** The line below the figure; shown only when the figure is known. */
  readonly below: (view: View) => string
  readonly isBad?: (view: View) => boolean
  /** The page with details. */
  readonly address?: string
}

const makeFigure = <View>(figure: LargeFigure<View>) => {
  const value = element("b", "", "–")
  const unit = element("span", "unit", figure.unit)
  const below = figure.address === undefined ? element("span", "below") : link(figure.address, "", "below")
  const graph = makeSparkline()
  const place = element("div", "total", [
    element("dt", "", figure.name),
    element("dd", "", [element("span", "value", [value, " ", unit]), below, graph.place])
  ])
  const show = (view: View): void => {
    const now = figure.value(view) ?? null
    setText(value, known(now, figure.format))
    setText(below, now === null ? "unknown" : figure.below(view))
    setData(place, "bad", String(figure.isBad?.(view) ?? false))
    graph.add(now)
  }
  return { place, show }
}

/** Fills the list; returns a function that shows the next view. */
export const makeLargeFigures = <View>(list: HTMLElement, figures: ReadonlyArray<LargeFigure<View>>) => {
  const made = figures.map(makeFigure)
  list.replaceChildren(...made.map(({ place }) => place))
  return (view: View): void => {
    for (const { show } of made) show(view)
  }
}
