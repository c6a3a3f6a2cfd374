/** Draws the lines of a chart with uPlot. */
import UPlot from "uplot"
import { type ChartView, isLong, isStacked, type Line } from "./chart-view.ts"
import { number } from "./format.ts"
import { stack } from "./stacking.ts"
import { axisDate, timeFormat } from "./time-zone.ts"

/** The height of a chart, pixels. */
export const plotHeight = 260

const minuteClock = timeFormat({ hour: "2-digit", minute: "2-digit" })
const dateAndMinute = timeFormat({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" })

export interface PlotOptions {
  readonly canvas: HTMLElement
  readonly view: ChartView
  /** From the lowest area to the highest; each is drawn over the ones before. */
  readonly lines: ReadonlyArray<Line>
  readonly colourOf: (name: string) => string
  /** The interval under the pointer; undefined for none. */
  readonly onPoint: (index: number | undefined) => void
}

/** Values without neighbours have no line to them, so they are drawn as points. */
const isolatedPoints: UPlot.Series.Points.Filter = ({ data }, series) => {
  const values = data[series] ?? []
  const isThere = (index: number): boolean => values[index] !== null && values[index] !== undefined
  return [...values].flatMap((_, index) =>
    isThere(index) && !isThere(index - 1) && !isThere(index + 1) ? [index] : []
  )
}

const areaColour = (colour: string): string => colour.replace(/^rgb\((.+)\)$/, "rgba($1, 0.55)")

const seriesOf = (colour: string, isArea: boolean): UPlot.Series =>
  isArea
    ? { stroke: colour, width: 1, points: { show: false }, fill: areaColour(colour) }
    : { stroke: colour, width: 1.75, points: { show: true, size: 5, fill: colour, filter: isolatedPoints } }

const axesOf = ({ canvas, view }: PlotOptions): Array<UPlot.Axis> => {
  const { color, borderColor } = getComputedStyle(canvas)
  const axis: UPlot.Axis = {
    stroke: color,
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: borderColor, width: 1 },
    ticks: { show: false }
  }
  const times = isLong(view) ? dateAndMinute : minuteClock
  return [
    {
      ...axis,
      space: 90,
      size: 34,
      values: (_, ticks) => ticks.map((seconds) => times.format(seconds * 1000))
    },
    { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => number(tick)) }
  ]
}

const optionsOf = (options: PlotOptions): UPlot.Options => {
  const { canvas, view, lines, colourOf, onPoint } = options
  const isArea = isStacked(view)
  return {
    width: canvas.clientWidth,
    height: plotHeight,
    tzDate: (seconds) => axisDate(seconds * 1000),
    legend: { show: false },
    cursor: { y: false, points: { show: !isArea }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] } },
    axes: axesOf(options),
    series: [{}, ...lines.map(({ name }) => seriesOf(colourOf(name), isArea))],
    bands: isArea ? lines.slice(1).map((_, index) => ({ series: [index + 1, index + 2] })) : [],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] }
  }
}

const dataOf = (view: ChartView, lines: ReadonlyArray<Line>): UPlot.AlignedData => {
  const values = lines.map((line) => line.values)
  return [[...view.times], ...(isStacked(view) ? stack(values) : values).map((line) => [...line])]
}

export interface Plot {
  /** Shows other values of the same lines. */
  readonly setValues: (view: ChartView, lines: ReadonlyArray<Line>) => void
  readonly setWidth: (width: number) => void
  readonly destroy: () => void
}

export const makePlot = (options: PlotOptions): Plot => {
  const plot = new UPlot(optionsOf(options), dataOf(options.view, options.lines), options.canvas)
  return {
    setValues: (view, lines) => plot.setData(dataOf(view, lines)),
    setWidth: (width) => plot.setSize({ width, height: plotHeight }),
    destroy: () => plot.destroy()
  }
}
