/** The main figures of all rules together, in large digits. */
import type { ReactionsView } from "../reactions/messages.ts"
import { number, rate, span } from "./format.ts"
import { type LargeFigure, makeLargeFigures } from "./large-figures.ts"

const suppressed = ({ total }: ReactionsView): number | undefined =>
  total === null ? undefined : Object.values(total.suppressed).reduce((sum, count) => sum + count, 0)

/** The most frequent reasons of suppression, as text. */
const reasons = ({ total }: ReactionsView): string => {
  const all = Object.entries(total?.suppressed ?? {}).toSorted(([, a], [, b]) => b - a)
  return all.length === 0 ? "none" : all.map(([reason, count]) => `${reason} ${number(count)}`).join(", ")
}

const oldest = ({ at, oldestWaiting }: ReactionsView): string =>
  oldestWaiting === null ? "nothing is waiting" : `the oldest for ${span(Math.max(0, at - oldestWaiting))}`

const figures: ReadonlyArray<LargeFigure<ReactionsView>> = [
  {
    name: "Matched",
    unit: "/s",
    value: ({ total }) => total?.matchedRate,
    format: rate,
    below: ({ total }) => `${number(total?.matched ?? 0)} in all`
  },
  {
    name: "Delivered",
    unit: "/s",
    value: ({ total }) => total?.deliveredRate,
    format: rate,
    below: ({ total }) => `${number(total?.delivered ?? 0)} in all`
  },
  {
    name: "Waiting",
    unit: "",
    value: ({ total }) => total?.waiting,
    format: number,
    below: oldest
  },
  {
    name: "In flight",
    unit: "",
    value: ({ total }) => total?.inFlight,
    format: number,
    below: () => "claimed, not yet settled"
  },
  { name: "Suppressed", unit: "", value: suppressed, format: number, below: reasons },
  {
    name: "Dead",
    unit: "",
    value: ({ total }) => total?.dead,
    format: number,
    below: ({ total }) => ((total?.dead ?? 0) > 0 ? "show the dead letters" : "none"),
    isBad: ({ total }) => (total?.dead ?? 0) > 0,
    address: "/dead-letters?stage=deliverer"
  }
]

/** Fills the list; returns a function that shows the next view. */
export const makeReactionFigures = (list: HTMLElement) => makeLargeFigures(list, figures)
