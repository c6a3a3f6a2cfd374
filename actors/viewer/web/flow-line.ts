/**
 * The line through the stations: as thick as much flows, with dots that move as fast. Runs to the right where there is
 * room and down where there is not; those who want no motion see its thickness only.
 */
import { draw, mark, shape } from "/page/drawing.js"

/** Pixels from dot to dot, and how far they move in a second at a rate of nearly nothing. */
const period = 16

/** Room in which the line divides into the branches of the consumers, pixels. */
const fan = 66

const still = matchMedia("(prefers-reduced-motion: reduce)")

const thickness = (rate) => 2.5 + 1.25 * Math.log10(1 + rate)
const pace = (rate) => 0.8 + 1.5 * Math.log10(1 + rate)

const makeEdge = (svg) => {
  const base = shape("path", "base")
  const dots = shape("path", "dots", { "stroke-dasharray": `0 ${period}` })
  const group = shape("g", "edge")
  group.append(base, dots)
  svg.append(group)
  let motion
  let steady = 0

  const move = (rate) => {
    if (still.matches) {
      motion?.cancel()
      motion = undefined
      return
    }
    motion ??= dots.animate([{ strokeDashoffset: 0 }, { strokeDashoffset: -period }], {
      duration: 1000,
      iterations: Number.POSITIVE_INFINITY
    })
    if (rate > 0) {
      motion.updatePlaybackRate(pace(rate))
      motion.play()
    } else motion.pause()
  }

  const show = (path, condition, rate) => {
    steady = steady === 0 || rate === 0 ? rate : steady * 0.6 + rate * 0.4
    draw(base, { d: path, "stroke-width": thickness(steady).toFixed(1) })
    draw(dots, { d: path, "stroke-width": Math.max(2, thickness(steady) * 0.6).toFixed(1) })
    mark(group, "condition", condition)
    mark(group, "moves", String(rate > 0 && !still.matches))
    move(rate)
  }
  return { show, remove: () => group.remove() }
}

/** What comes into a stage: of an actor what it passes on, of queue and log what the stage before gives them. */
const into = (before, { kind, rate }) =>
  kind === "actor" || kind === "consumer" ? rate : before === undefined ? rate : before.rate

const pathTo = (from, to) => `M${from.x} ${from.y}L${to.x} ${to.y}`

const branch = (from, to) => {
  const half = (to.x - from.x) / 2
  return `M${from.x} ${from.y}C${from.x + half} ${from.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`
}

/** The pieces of the line: from the clients, from station to station, and to each consumer. */
const pieces = (stops) => {
  const line = stops.filter(({ stage }) => stage.kind !== "consumer")
  const consumers = stops.filter(({ stage }) => stage.kind === "consumer")
  const first = line[0]
  const last = line.at(-1)
  if (first === undefined || last === undefined) return []
  const isAcross = line.length < 2 || Math.abs(line[1].x - first.x) > Math.abs(line[1].y - first.y)
  const found = line.map((to, i) => {
    const from = line[i - 1] ?? { x: isAcross ? 0 : first.x, y: isAcross ? first.y : 0 }
    return {
      name: to.stage.name,
      path: pathTo(from, to),
      condition: to.stage.condition,
      rate: into(from.stage, to.stage) ?? 0
    }
  })
  if (consumers.length === 0) return found
  const split = isAcross ? { x: consumers[0].x - fan, y: last.y } : { x: last.x, y: consumers.at(-1).y }
  const most = Math.max(...consumers.map(({ stage }) => stage.rate ?? 0))
  found.push({ name: " ", path: pathTo(last, split), condition: most > 0 ? "flows" : "idle", rate: most })
  if (!isAcross) return found
  return [
    ...found,
    ...consumers.map(({ stage, ...to }) => ({
      name: stage.name,
      path: branch(split, to),
      condition: stage.condition,
      rate: stage.rate ?? 0
    }))
  ]
}

/** Draws into the picture; returns what shows the stages with their stops as they are now. */
export const makeRail = (svg) => {
  const edges = new Map()
  let shown = []

  const redraw = () => {
    const origin = svg.getBoundingClientRect()
    const stops = shown.map(({ stage, stop }) => {
      const { x, y, width, height } = stop.getBoundingClientRect()
      return { stage, x: Math.round(x + width / 2 - origin.x), y: Math.round(y + height / 2 - origin.y) }
    })
    const now = pieces(stops)
    for (const { name, path, condition, rate } of now) {
      if (!edges.has(name)) edges.set(name, makeEdge(svg))
      edges.get(name).show(path, condition, rate)
    }
    const names = new Set(now.map(({ name }) => name))
    for (const [name, edge] of edges) {
      if (names.has(name)) continue
      edge.remove()
      edges.delete(name)
    }
  }

  new ResizeObserver(redraw).observe(svg)
  still.addEventListener("change", redraw)
  return (stops) => {
    shown = stops
    redraw()
  }
}
