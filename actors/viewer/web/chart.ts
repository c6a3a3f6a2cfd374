/** A chart over time with its legend: counts as stacked areas, measurements as lines. */
import { makeLegend } from "./chart-legend.ts"
import { makePlot, type Plot } from "./chart-plot.ts"
import {
  type ChartView,
  inOrder,
  isEmpty,
  isStacked,
  isUnknown,
  type Line,
  lastKnown,
  timeText,
  valueText
} from "./chart-view.ts"
import { element } from "./element.ts"

const noEvents = "No events in this time range."
const notKnownYet = "This time range has not been read yet."

/** The elements of a chart. */
const makeFigure = (title: string, keys: HTMLElement) => {
  const canvas = element("div", "canvas")
  canvas.setAttribute("role", "img")
  // Before the first values are drawn, an image without a name would be announced as such.
  canvas.setAttribute("aria-label", title)
  const moment = element("p", "moment", "now")
  const empty = element("p", "empty", noEvents)
  const troubles = element("p", "trouble")
  troubles.hidden = true
  const place = element("figure", "chart", [
    element("figcaption", "", title),
    element("div", "drawn", [canvas, empty]),
    element("div", "legend", [moment, keys]),
    troubles
  ])
  const showNotes = (view: ChartView): void => {
    empty.hidden = !isEmpty(view)
    empty.textContent = isUnknown(view) ? notKnownYet : noEvents
    troubles.textContent = view.troubles.join(" ")
    troubles.hidden = troubles.textContent === ""
  }
  return { place, canvas, moment, showNotes }
}

/** A chart with that title. */
export const makeChart = (title: string) => {
  const legend = makeLegend(`Lines of ${title}`, () => redraw())
  const { place, canvas, moment, showNotes } = makeFigure(title, legend.place)
  let view: ChartView | undefined
  let plot: Plot | undefined
  let pointed: number | undefined

  /** The lines in drawing order: the largest area first, at the bottom. */
  const shownLines = (one: ChartView): ReadonlyArray<Line> => {
    const lines = one.lines.filter(({ name }) => legend.key(name).isShown())
    return isStacked(one) ? lines.toReversed() : lines
  }

  /** The values under the pointer, or the last known ones. */
  const showValues = (): void => {
    if (view === undefined) return
    const index = pointed ?? lastKnown(view)
    moment.textContent = pointed === undefined && !view.isRange ? "now" : timeText(view, index)
    for (const { name, values } of view.lines) legend.key(name).setValue(valueText(view.unit, values[index]))
  }

  const redraw = (): void => {
    if (view === undefined || canvas.clientWidth === 0) return
    plot?.destroy()
    plot = makePlot({
      canvas,
      view,
      lines: shownLines(view),
      colourOf: (name) => legend.key(name).colour(),
      onPoint: (index) => {
        pointed = index
        showValues()
      }
    })
  }

  const describe = ({ lines, isRange }: ChartView): void => {
    const values = lines.map(({ name }) => `${name} ${legend.key(name).value()}`)
    canvas.setAttribute("aria-label", `${title}. ${isRange ? "At its end" : "Now"}: ${values.join(", ")}.`)
  }

  const show = (next: ChartView): void => {
    view = { ...next, lines: inOrder(next.lines, legend.names()) }
    const isChanged = legend.setNames(view.lines.map(({ name }) => name))
    showNotes(view)
    if (isChanged || plot === undefined) redraw()
    else plot.setValues(view, shownLines(view))
    showValues()
    describe(view)
  }

  new ResizeObserver(() => {
    if (plot === undefined) redraw()
    else plot.setWidth(canvas.clientWidth)
  }).observe(canvas)
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
  return { place, show }
}
