/** The figures that say the most, in large, each with how it was in the last two minutes. */
import { draw, mark, say, shape } from "/page/drawing.js"
import { element, link, number, rate, span } from "/page/frame.js"

const kept = 120
const width = 120
const height = 30

const stageOf = ({ stages }, name) => stages.find((stage) => stage.name === name)

const furthest = ({ stages }) =>
  stages
    .filter(({ behind }) => behind !== undefined)
    .reduce((worst, stage) => (worst === undefined || stage.behind > worst.behind ? stage : worst), undefined)

const sum = (values) => values.reduce((all, value) => all + value, 0)

/** How long it takes to store what waits, at this rate. */
const workOff = ({ waiting = 0 }, stored) => {
  if (waiting === 0) return "nothing waits"
  return stored >= 0.05 ? `${span((waiting / stored) * 1000)} at this rate` : "nothing is stored"
}

/** Each figure: its name, its value, how it is written, what is said below it, and whether that is bad. */
const figures = [
  {
    name: "Received",
    unit: "/s",
    value: (view) => stageOf(view, "gateway")?.rate,
    write: rate,
    below: (view) => `${rate(stageOf(view, "gateway")?.failedRate ?? 0)}/s refused or failed`,
    isBad: (view) => (stageOf(view, "gateway")?.failedRate ?? 0) >= 0.05
  },
  {
    name: "Stored",
    unit: "/s",
    value: (view) => stageOf(view, "log")?.rate,
    write: rate,
    below: (view) => `${rate(sum(view.stages.map(({ rejectedRate }) => rejectedRate)))}/s rejected`,
    isBad: (view) => sum(view.stages.map(({ rejectedRate }) => rejectedRate)) >= 0.05
  },
  {
    name: "Waiting",
    unit: "",
    value: (view) => stageOf(view, "queue")?.waiting,
    write: number,
    below: (view) => workOff(stageOf(view, "queue") ?? {}, stageOf(view, "log")?.rate ?? 0)
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
    below: (view) => ((furthest(view)?.behind ?? 0) > 0 ? furthest(view).name : "all have read to the end")
  },
  {
    name: "Dead letters",
    unit: "",
    value: (view) => stageOf(view, "queue")?.dead,
    write: number,
    below: (view) => ((stageOf(view, "queue")?.dead ?? 0) > 0 ? "look at them" : "none"),
    leads: "/dead-letters"
  }
]

/** The least that fills the height: what waits for a moment is no mountain. */
const least = 10

/** The points of a line through the values, the newest at the right end; it leaves room for its own thickness. */
const pointsOf = (values) => {
  const top = Math.max(least, ...values)
  return values.map((value, i) => {
    const x = width - (values.length - 1 - i) * (width / (kept - 1))
    return `${x.toFixed(1)},${(height - 1.5 - (value / top) * (height - 4)).toFixed(1)}`
  })
}

const makeSpark = () => {
  const area = shape("polygon", "area")
  const line = shape("polyline", "line")
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
    const points = pointsOf(values)
    const start = points[0].split(",")[0]
    draw(line, { points: points.join(" ") })
    draw(area, { points: `${start},${height} ${points.join(" ")} ${width},${height}` })
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
    const now = figure.value(view)
    say(value, now === undefined ? "–" : figure.write(now))
    say(below, now === undefined ? "not known" : figure.below(view))
    mark(whole, "bad", String(figure.isBad?.(view) ?? false))
    if (now !== undefined) add(now)
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
