/** Renders a plot as SVG with colours of text and grid for light and for dark pages. */
import { type Axis, linear, logarithmic, logarithmicAt } from "./axis.ts"
import { figure, type Plot } from "./result.ts"

const [width, height] = [760, 380]
const [left, right, top, bottom] = [76, 180, 44, 56]
const [across, down] = [width - left - right, height - top - bottom]

/** Colours of medium brightness, visible on white and on black. */
const colours = [
  "#2f7ed8",
  "#e8590c",
  "#2f9e44",
  "#b455d1",
  "#c9950c",
  "#0c9aae",
  "#e0447c",
  "#868e96",
  "#8a6d3b"
]

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .grid { stroke: #d0d7de }
  .axis { stroke: #57606a }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .grid { stroke: #3d444d }
    .axis { stroke: #9198a1 }
  }
`

/** The content of the SVG file. */
export const svg = (plot: Plot): string => {
  const points = plot.lines.flatMap((line) => line.points)
  const axis = (name: "x" | "y", at: 0 | 1): Axis => {
    const values = points.map((point) => point[at])
    if (plot.logarithmic?.includes(name) !== true) return linear(values)
    return name === "x" ? logarithmicAt(values) : logarithmic(values)
  }
  const [x, y] = [axis("x", 0), axis("y", 1)]
  const toX = (value: number): string => (left + x.place(value) * across).toFixed(1)
  const toY = (value: number): string => (top + (1 - y.place(value)) * down).toFixed(1)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(plot.title)}</title>`,
    `<style>${style}</style>`,
    `<text class="title" x="${left}" y="24">${escaped(plot.title)}</text>`,
    ...y.ticks.flatMap((tick) => [
      `<line class="grid" x1="${left}" x2="${left + across}" y1="${toY(tick)}" y2="${toY(tick)}"/>`,
      `<text x="${left - 8}" y="${toY(tick)}" dy="4" text-anchor="end">${number(tick)}</text>`
    ]),
    ...x.ticks.map(
      (tick) => `<text x="${toX(tick)}" y="${top + down + 20}" text-anchor="middle">${number(tick)}</text>`
    ),
    `<path class="axis" fill="none" d="M${left} ${top}V${top + down}H${left + across}"/>`,
    `<text x="${left + across / 2}" y="${height - 12}" text-anchor="middle">${escaped(plot.x)}</text>`,
    `<text transform="translate(16 ${top + down / 2}) rotate(-90)" text-anchor="middle">${escaped(plot.y)}</text>`,
    ...plot.lines.flatMap((line, i) => {
      const drawn = `fill="none" stroke="${colours[i % colours.length]}" stroke-width="2"${dash(i)}`
      const path = line.points.map(([at, value]) => `${toX(at)} ${toY(value)}`).join("L")
      const [legend, from] = [top + 8 + i * 22, left + across + 16]
      return [
        `<path ${drawn} d="M${path}"/>`,
        ...(line.points.length > 12 ? [] : line.points.map(dot(i, toX, toY))),
        `<path ${drawn} d="M${from} ${legend}h24"/>`,
        `<text x="${from + 30}" y="${legend}" dy="4">${escaped(line.name)}</text>`
      ]
    }),
    "</svg>"
  ].join("\n")}\n`
}

/** Lines after the first four are dashed, to distinguish them. */
const dash = (line: number): string => (line < 4 ? "" : ` stroke-dasharray="${line < 8 ? "6 3" : "2 3"}"`)

const dot =
  (line: number, toX: (value: number) => string, toY: (value: number) => string) =>
  ([x, y]: readonly [number, number]): string =>
    `<circle cx="${toX(x)}" cy="${toY(y)}" r="3.5" fill="${colours[line % colours.length]}"/>`

const number = (value: number): string => figure(value, value !== 0 && Math.abs(value) < 1 ? 2 : 0)

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
