/** A chart over time with its key: what is counted as stacked areas, what is measured as lines. Drawn by uPlot. */
import { element, number, rate, span } from "/page/frame.js"
import { explained } from "/page/glossary.js"
import { apart, hueOf, paint } from "/page/hue.js"
import { inert } from "/page/inert-text.js"
import UPlot from "/page/lib/uplot.js"
import { stack } from "/page/stacking.js"
import { axisDate, timeFormat } from "/page/zone.js"

const height = 260
const clock = timeFormat({ timeStyle: "medium" })
const dayClock = timeFormat({ dateStyle: "medium", timeStyle: "short" })
const minuteClock = timeFormat({ hour: "2-digit", minute: "2-digit" })
const dayAndMinute = timeFormat({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" })

/** Beyond so many seconds a moment needs its day. */
const day = 86_400

/** Two lines of one chart are at least so many degrees apart, while there is room. */
const discernible = 20

/** The name's own colour, or the next that is far enough from those of other lines; undefined for what is left over. */
const freeHue = (name, others) => {
  if (name.startsWith("(")) return undefined
  const isFree = (hue) =>
    others.every((other) => {
      const distance = Math.abs((other.hue ?? Number.NaN) - hue)
      return !(Math.min(distance, 360 - distance) < discernible)
    })
  const first = hueOf(name)
  const steps = Array.from({ length: 360 / apart }, (_, i) => (first + i * apart) % 360)
  return steps.find(isFree) ?? first
}

const written = (unit, value) => {
  if (value === null || value === undefined) return "–"
  return unit === "ms" ? span(value) : rate(value)
}

/** Where a value stands alone between moments without any: no line leads to it, so it is drawn as a point. */
const lonely = ({ data }, line) => {
  const values = data[line]
  const isThere = (i) => values[i] !== null && values[i] !== undefined
  return values.flatMap((_, i) => (isThere(i) && !isThere(i - 1) && !isThere(i + 1) ? [i] : []))
}

const makeKey = (name, hue, onToggle) => {
  const swatch = element("span", "swatch")
  paint(swatch, hue)
  const value = element("span", "value", "–")
  const whole = element("button", "plain key", [
    swatch,
    element("span", "name", explained(name, inert(name, 80))),
    value
  ])
  whole.type = "button"
  whole.setAttribute("aria-pressed", "true")
  whole.addEventListener("click", () => {
    const isShown = whole.getAttribute("aria-pressed") !== "true"
    whole.setAttribute("aria-pressed", String(isShown))
    onToggle()
  })
  return {
    whole,
    value,
    hue,
    isShown: () => whole.getAttribute("aria-pressed") === "true",
    colour: () => getComputedStyle(swatch).color
  }
}

/** A chart under that title; `show` takes what GET /api/series/<name> answers. */
export const makeChart = (title) => {
  const canvas = element("div", "canvas")
  canvas.setAttribute("role", "img")
  const keys = element("div", "keys")
  keys.setAttribute("role", "group")
  keys.setAttribute("aria-label", `${title}: what is drawn`)
  const moment = element("p", "moment", "now")
  const empty = element("p", "empty", "Nothing was there in this time.")
  const troubles = element("p", "trouble", "")
  troubles.hidden = true
  const place = element("figure", "chart", [
    element("figcaption", "", title),
    element("div", "drawn", [canvas, empty]),
    element("div", "legend", [moment, keys]),
    troubles
  ])
  let made = new Map()
  let view
  let plot
  let pointed

  const isLong = () => view.times.at(-1) - view.times[0] > day
  const isStacked = () => view.unit !== "ms"
  const shownLines = () => view.lines.filter(({ name }) => made.get(name).isShown())

  /** The values at the pointed moment, or the last that are known. */
  const showValues = () => {
    const last = view.times.length - 1
    const known = view.lines.some(({ values }) => values[last] !== null) ? last : last - 1
    const i = pointed ?? known
    const write = isLong() ? dayClock : clock
    const isNow = pointed === undefined && view.isRange !== true
    moment.textContent = isNow ? "now" : write.format(view.times[i] * 1000)
    for (const { name, values } of view.lines)
      made.get(name).value.textContent = written(view.unit, values[i])
  }

  const options = (lines) => {
    const { color, borderColor } = getComputedStyle(canvas)
    const axis = {
      stroke: color,
      font: `12px ${getComputedStyle(document.body).fontFamily}`,
      grid: { stroke: borderColor, width: 1 },
      ticks: { show: false }
    }
    return {
      width: canvas.clientWidth,
      height,
      tzDate: (seconds) => axisDate(seconds * 1000),
      legend: { show: false },
      cursor: { y: false, points: { show: !isStacked() }, drag: { x: false, y: false } },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
      axes: [
        {
          ...axis,
          space: 90,
          size: 34,
          values: (_, ticks) => ticks.map((at) => (isLong() ? dayAndMinute : minuteClock).format(at * 1000))
        },
        { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => number(tick)) }
      ],
      series: [
        {},
        ...lines.map(({ name }) => {
          const colour = made.get(name).colour()
          return {
            stroke: colour,
            width: isStacked() ? 1 : 1.75,
            points: isStacked() ? { show: false } : { show: true, size: 5, fill: colour, filter: lonely },
            fill: isStacked() ? colour.replace(/^rgb\((.+)\)$/, "rgba($1, 0.55)") : undefined
          }
        })
      ],
      bands: isStacked() ? lines.slice(1).map((_, i) => ({ series: [i + 1, i + 2] })) : [],
      hooks: {
        setCursor: [
          ({ cursor }) => {
            pointed = cursor.idx ?? undefined
            showValues()
          }
        ]
      }
    }
  }

  /** The largest is at the bottom, so each line is drawn over the ones that stand on it. */
  const dataOf = (lines) => {
    const values = lines.map((line) => line.values)
    return [view.times, ...(isStacked() ? stack(values) : values)]
  }

  const redraw = () => {
    if (view === undefined || canvas.clientWidth === 0) return
    const lines = isStacked() ? shownLines().toReversed() : shownLines()
    plot?.destroy()
    plot = new UPlot(options(lines), dataOf(lines), canvas)
  }

  const describe = () => {
    const last = view.lines.map(({ name }) => `${name} ${made.get(name).value.textContent}`)
    const when = view.isRange === true ? "At its end" : "Now"
    canvas.setAttribute("aria-label", `${title}. ${when}: ${last.join(", ")}.`)
  }

  /** Lines keep their places and colours as long as they are there, though another grows larger. */
  const inPlace = (lines) => {
    const places = [...made.keys()]
    const placeOf = ({ name }) => (made.has(name) ? places.indexOf(name) : places.length)
    return lines.toSorted(
      (a, b) => Number(a.name.startsWith("(")) - Number(b.name.startsWith("(")) || placeOf(a) - placeOf(b)
    )
  }

  const makeKeys = (names) => {
    const kept = names.flatMap((name) => made.get(name) ?? [])
    const next = new Map()
    for (const name of names) {
      const key = made.get(name) ?? makeKey(name, freeHue(name, [...kept, ...next.values()]), redraw)
      next.set(name, key)
    }
    made = next
    keys.replaceChildren(...[...made.values()].map(({ whole }) => whole))
  }

  const show = (next) => {
    view = { ...next, lines: inPlace(next.lines) }
    const names = view.lines.map(({ name }) => name)
    const isSame = names.join("\n") === [...made.keys()].join("\n")
    if (!isSame) makeKeys(names)
    const isEmpty = view.lines.every(({ values }) => values.every((value) => value === null))
    empty.hidden = !isEmpty
    const isUnknown = view.known < Math.max(1, view.times.length)
    empty.textContent = isUnknown ? "Nothing is known of this time yet." : "Nothing was there in this time."
    troubles.textContent = (view.troubles ?? []).join(" ")
    troubles.hidden = troubles.textContent === ""
    if (isSame && plot !== undefined) {
      const lines = isStacked() ? shownLines().toReversed() : shownLines()
      plot.setData(dataOf(lines))
    } else redraw()
    showValues()
    describe()
  }

  new ResizeObserver(() => {
    if (plot === undefined) redraw()
    else plot.setSize({ width: canvas.clientWidth, height })
  }).observe(canvas)
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
  return { place, show }
}
