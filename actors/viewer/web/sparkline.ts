/** A small graph of the last values of one figure, newest at the right. Unknown values are gaps. */
import type { Figure } from "../../inspect/pipeline/system-view.ts"
import { setAttributes, svgElement } from "./update-element.ts"

const maxValues = 120
const width = 120
const height = 30

/** Minimum of the scale's top, so that small values look small. */
const minTop = 10

interface Point {
  readonly x: string
  readonly y: string
}

/** The points of the line, newest at the right edge, with space for the width of the line. */
const pointsOf = (values: ReadonlyArray<Figure>): ReadonlyArray<Point | undefined> => {
  const top = Math.max(minTop, ...values.map((value) => value ?? 0))
  return values.map((value, index) => {
    if (value === null) return undefined
    const x = width - (values.length - 1 - index) * (width / (maxValues - 1))
    return { x: x.toFixed(1), y: (height - 1.5 - (value / top) * (height - 4)).toFixed(1) }
  })
}

/** The runs of known points; between two runs there is no line. */
const runsOf = (points: ReadonlyArray<Point | undefined>): ReadonlyArray<ReadonlyArray<Point>> => {
  const runs: Array<Array<Point>> = []
  let isGap = true
  for (const point of points) {
    if (point !== undefined && isGap) runs.push([])
    if (point !== undefined) runs.at(-1)?.push(point)
    isGap = point === undefined
  }
  return runs
}

const linePath = (run: ReadonlyArray<Point>): string => `M${run.map(({ x, y }) => `${x} ${y}`).join("L")}`
const areaPath = (run: ReadonlyArray<Point>): string => `${linePath(run)}V${height}H${run[0]?.x ?? 0}Z`

/** An empty graph; `add` appends a value. */
export const makeSparkline = () => {
  const area = svgElement("path", "area")
  const line = svgElement("path", "line")
  const place = svgElement("svg", "spark", {
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true"
  })
  place.append(area, line)
  const values: Array<Figure> = []
  const add = (value: Figure): void => {
    values.push(value)
    if (values.length > maxValues) values.shift()
    const runs = runsOf(pointsOf(values))
    setAttributes(line, { d: runs.map(linePath).join("") })
    setAttributes(area, { d: runs.map(areaPath).join("") })
  }
  return { place, add }
}
