/** The figures that say the most, in large, each with how it was in the last two minutes. */
import { draw, mark, say, shape } from "/page/drawing.js"
import { element, known, link, number, rate, span } from "/page/frame.js"

const kept = 120
const width = 120
const height = 30

const stageOf = ({ stages }, name) => stages.find((stage) => stage.name === name)

/** Undefined when there is none, or when one of them is not known. */
const furthest = ({ stages }) => {
  const readers = stages.filter(({ behind }) => behind !== undefined)
  if (readers.some(({ behind }) => behind === null)) return undefined
  return readers.reduce(
    (worst, stage) => (worst === undefined || stage.behind > worst.behind ? stage : worst),
    undefined
  )
}

/** Null when one of them is not known. */
const sum = (values) =>
  values.some((value) => value === null) ? null : values.reduce((all, value) => all + value, 0)

const failedRate = (view) => stageOf(view, "gateway")?.failedRate
const rejectedRate = ({ stages }) => sum(stages.map((stage) => stage.rejectedRate))

/** How long it takes to store what waits, at this rate. */
const workOff = ({ waiting }, stored) => {
  if (waiting === 0) return "nothing waits"
  if (stored === undefined || stored === null) return "for how long is not known"
  return stored >= 0.05 ? `${span((waiting / stored) * 1000)} at this rate` : "nothing is stored"
}

/** Each figure: its name, its value, how it is written, what is said below it, and whether that is bad. */
const figures = [
  {
    name: "Received",
    unit: "/s",
    value: (view) => stageOf(view, "gateway")?.rate,
    write: rate,
    below: (view) => `${known(failedRate(view), rate)}/s refused or failed`,
    isBad: (view) => failedRate(view) >= 0.05
  },
  {
    name: "Stored",
    unit: "/s",
    value: (view) => stageOf(view, "log")?.rate,
    write: rate,
    below: (view) => `${known(rejectedRate(view), rate)}/s rejected`,
    isBad: (view) => rejectedRate(view) >= 0.05
  },
  {
    name: "Waiting",
    unit: "",
    value: (view) => stageOf(view, "queue")?.waiting,
    write: number,
    below: (view) => workOff(stageOf(view, "queue") ?? {}, stageOf(view, "log")?.rate)
  },
  {
    name: "In flight",
    unit: "",
    value: (view) => stageOf(view, "queue")?.inFlight,
    write: number,
    below: () => "claimed, not yet stored"
  },
  {
    name: "Furthest behind",
    unit: "",
    value: (view) => furthest(view)?.behind,
    write: number,
    below: (view) => (furthest(view).behind > 0 ? furthest(view).name : "all have read to the end")
  },
  {
    name: "Dead letters",
    unit: "",
    value: (view) => stageOf(view, "queue")?.dead,
    write: number,
    below: (view) => (stageOf(view, "queue").dead > 0 ? "look at them" : "none"),
    leads: "/dead-letters"
  }
]

/** The least that fills the height: what waits for a moment is no mountain. */
const least = 10

/** The points of a line through the values, the newest at the right end; it leaves room for its own thickness. */
const pointsOf = (values) => {
  const top = Math.max(least, ...values.map((value) => value ?? 0))
  return values.map((value, i) => {
    if (value === null) return undefined
    const x = width - (values.length - 1 - i) * (width / (kept - 1))
    return { x: x.toFixed(1), y: (height - 1.5 - (value / top) * (height - 4)).toFixed(1) }
  })
}

/** The points in runs: where a value is not known there is no line. */
const runsOf = (points) => {
  const runs = []
  for (const [i, point] of points.entries()) {
    if (point === undefined) continue
    if (points[i - 1] === undefined) runs.push([])
    runs.at(-1).push(point)
  }
  return runs
}

const lineThrough = (run) => `M${run.map(({ x, y }) => `${x} ${y}`).join("L")}`
const areaUnder = (run) => `${lineThrough(run)}V${height}H${run[0].x}Z`

const makeSpark = () => {
  const area = shape("path", "area")
  const line = shape("path", "line")
  const spark = shape("svg", "spark", {
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true"
  })
  spark.append(area, line)
  const values = []
  const add = (value) => {
    values.push(value)
    if (values.length > kept) values.shift()
    const runs = runsOf(pointsOf(values))
    draw(line, { d: runs.map(lineThrough).join("") })
    draw(area, { d: runs.map(areaUnder).join("") })
  }
  return { spark, add }
}

const makeFigure = (figure) => {
  const value = element("b", "", "–")
  const unit = element("span", "unit", figure.unit)
  const below = figure.leads === undefined ? element("span", "below") : link(figure.leads, "", "below")
  const { spark, add } = makeSpark()
  const whole = element("div", "total", [
    element("dt", "", figure.name),
    element("dd", "", [element("span", "value", [value, " ", unit]), below, spark])
  ])
  const show = (view) => {
    const now = figure.value(view) ?? null
    say(value, known(now, figure.write))
    say(below, now === null ? "not known" : figure.below(view))
    mark(whole, "bad", String(figure.isBad?.(view) ?? false))
    add(now)
  }
  return { whole, show }
}

/** Fills the place; returns what shows the next view. */
export const makeTotals = (place) => {
  const made = figures.map(makeFigure)
  place.replaceChildren(...made.map(({ whole }) => whole))
  return (view) => {
    for (const { show } of made) show(view)
  }
}
