/** The main figures of the system, in large digits. */
import type { Figure, StageView, SystemView } from "../../inspect/pipeline/system-view.ts"
import { known, number, rate, span } from "./format.ts"
import { type LargeFigure, makeLargeFigures, type OptionalFigure } from "./large-figures.ts"

const stageOf = ({ stages }: SystemView, name: string): StageView | undefined =>
  stages.find((stage) => stage.name === name)

interface Reader {
  readonly name: string
  readonly behind: number
}

/** The stage that is furthest behind; undefined without such a stage, or when the position of one is unknown. */
const furthestBehind = ({ stages }: SystemView): Reader | undefined => {
  let furthest: Reader | undefined
  for (const { name, behind } of stages) {
    if (behind === undefined) continue
    if (behind === null) return undefined
    if (furthest === undefined || behind > furthest.behind) furthest = { name, behind }
  }
  return furthest
}

/** Null when one of them is unknown. */
const sum = (values: ReadonlyArray<Figure>): Figure =>
  values.reduce((total, value) => (total === null || value === null ? null : total + value), 0)

const failedRate = (view: SystemView): OptionalFigure => stageOf(view, "gateway")?.failedRate
const rejectedRate = ({ stages }: SystemView): Figure => sum(stages.map((stage) => stage.rejectedRate))

/** A rate of failures at or above this is marked, events per second. */
const maxFailedRate = 0.05

/** The time to store the waiting lines at the current rate, as text. */
const drainTime = (waiting: OptionalFigure, storedRate: OptionalFigure): string => {
  if (waiting === 0) return "nothing is waiting"
  if (storedRate === undefined || storedRate === null) return "time to drain is unknown"
  return storedRate >= 0.05
    ? `${span(((waiting ?? 0) / storedRate) * 1000)} at this rate`
    : "nothing is being stored"
}

const totals: ReadonlyArray<LargeFigure<SystemView>> = [
  {
    name: "Received",
    unit: "/s",
    value: (view) => stageOf(view, "gateway")?.rate,
    format: rate,
    below: (view) => `${known(failedRate(view), rate)}/s refused or failed`,
    isBad: (view) => (failedRate(view) ?? 0) >= maxFailedRate
  },
  {
    name: "Stored",
    unit: "/s",
    value: (view) => stageOf(view, "log")?.rate,
    format: rate,
    below: (view) => `${known(rejectedRate(view), rate)}/s rejected`,
    isBad: (view) => (rejectedRate(view) ?? 0) >= maxFailedRate
  },
  {
    name: "Waiting",
    unit: "",
    value: (view) => stageOf(view, "queue")?.waiting,
    format: number,
    below: (view) => drainTime(stageOf(view, "queue")?.waiting, stageOf(view, "log")?.rate)
  },
  {
    name: "In flight",
    unit: "",
    value: (view) => stageOf(view, "queue")?.inFlight,
    format: number,
    below: () => "claimed, not yet stored"
  },
  {
    name: "Furthest behind",
    unit: "",
    value: (view) => furthestBehind(view)?.behind,
    format: number,
    below: (view) => {
      const furthest = furthestBehind(view)
      return furthest !== undefined && furthest.behind > 0 ? furthest.name : "all have read to the end"
    }
  },
  {
    name: "Dead letters",
    unit: "",
    value: (view) => stageOf(view, "queue")?.dead,
    format: number,
    below: (view) => ((stageOf(view, "queue")?.dead ?? 0) > 0 ? "show them" : "none"),
    address: "/dead-letters"
  }
]

/** Fills the list; returns a function that shows the next view. */
export const makeTotals = (list: HTMLElement) => makeLargeFigures(list, totals)
