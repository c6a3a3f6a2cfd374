/** The columns of figures in the table of instances, for one instance or for all instances of an actor. */
import type { Figure, InstanceView } from "../../inspect/pipeline/system-view.ts"
import { element } from "./element.ts"
import { known, number, rate, span } from "./format.ts"
import { setData, setText } from "./update-element.ts"

/** The figures of one row. */
export interface Figures {
  readonly rate: Figure
  readonly failedRate: Figure
  readonly underWay: Figure
  readonly capacity: Figure
  readonly took: Figure
  readonly lag: Figure
  readonly behind?: Figure
}

type FigureName = keyof Figures

const isKnown = (value: Figure | undefined): value is number => value !== undefined && value !== null

const valuesOf = (instances: ReadonlyArray<InstanceView>, name: FigureName): ReadonlyArray<number> =>
  instances.map((instance) => instance[name]).filter(isKnown)

const sum = (values: ReadonlyArray<number>): Figure =>
  values.length === 0 ? null : values.reduce((total, value) => total + value, 0)

const max = (values: ReadonlyArray<number>): Figure => (values.length === 0 ? null : Math.max(...values))

/** The average duration, weighted by rate. */
const averageDuration = (instances: ReadonlyArray<InstanceView>): Figure => {
  const busy = instances.flatMap(({ took, rate: weight }) =>
    took === null ? [] : [{ took, weight: weight ?? 0 }]
  )
  if (busy.length === 0) return null
  const weights = busy.reduce((total, { weight }) => total + weight, 0)
  return weights === 0
    ? busy.reduce((total, { took }) => total + took, 0) / busy.length
    : busy.reduce((total, { took, weight }) => total + took * weight, 0) / weights
}

/** The figures of all instances of an actor together. */
export const combined = (instances: ReadonlyArray<InstanceView>): Figures => ({
  rate: sum(valuesOf(instances, "rate")),
  failedRate: sum(valuesOf(instances, "failedRate")),
  underWay: sum(valuesOf(instances, "underWay")),
  capacity: sum(valuesOf(instances, "capacity")),
  took: averageDuration(instances),
  lag: max(valuesOf(instances, "lag")),
  behind: sum(valuesOf(instances, "behind"))
})

/** A rate of failures at or above this is marked, events per second. */
const maxFailedRate = 0.05

/** A column: its name on narrow screens, its text, and whether its value needs attention. */
interface Column {
  readonly name: string
  readonly text: (figures: Figures) => string
  readonly isBad?: (figures: Figures) => boolean
}

const columns: ReadonlyArray<Column> = [
  { name: "events/s", text: (figures) => known(figures.rate, rate) },
  {
    name: "failed/s",
    text: ({ failedRate }) => known(failedRate, rate),
    isBad: ({ failedRate }) => (failedRate ?? 0) >= maxFailedRate
  },
  {
    name: "in flight",
    text: ({ underWay, capacity }) =>
      known(underWay, number) + (isKnown(capacity) ? ` of ${number(capacity)}` : "")
  },
  { name: "duration", text: ({ took }) => known(took, span) },
  { name: "lag", text: ({ lag }) => known(lag, span) },
  { name: "behind", text: ({ behind }) => known(behind, number) }
]

/** Number of columns of figures. */
export const figureColumnCount = columns.length

/** The cells of a row and a function that fills them. */
export const makeFigureCells = () => {
  const cells = columns.map((column) => {
    const cell = element("td", "number")
    cell.dataset.name = column.name
    return { column, cell }
  })
  const show = (figures: Figures): void => {
    for (const { column, cell } of cells) {
      const text = column.text(figures)
      setText(cell, text)
      setData(cell, "nil", String(text === "0" || text === "–"))
      if (column.isBad !== undefined) setData(cell, "bad", String(column.isBad(figures)))
    }
  }
  return { cells: cells.map(({ cell }) => cell), show }
}
