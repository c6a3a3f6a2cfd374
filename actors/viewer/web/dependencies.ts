/** The systems that Spoor depends on: kind, embedded or real, address, and error. */
import type { DependencyView, SystemView } from "../../inspect/pipeline/system-view.ts"
import type { ConditionName } from "./condition.ts"
import { element } from "./element.ts"
import { setData, setText } from "./update-element.ts"

/** An error that the headline already shows is not repeated. */
const troubleOf = ({ ok, error = "No answer." }: DependencyView, headline: string): string => {
  if (ok === null) return "Not checked yet"
  if (ok) return ""
  return headline.includes(error.replace(/\.$/, "")) ? "Down, see above" : `Down: ${error}`
}

const conditionOf = ({ ok }: DependencyView): ConditionName => {
  if (ok === null) return "unknown"
  return ok ? "flowing" : "down"
}

const makeDependency = (name: string) => {
  const kind = element("b")
  const nature = element("span", "nature")
  const address = element("span", "address")
  const trouble = element("span", "trouble")
  const marker = element("span", "mark")
  marker.setAttribute("aria-hidden", "true")
  const place = element("li", "dependency", [
    marker,
    element("span", "what", name),
    element("span", "which", [kind, nature]),
    address,
    trouble
  ])
  const show = (dependency: DependencyView, headline: string): void => {
    setData(place, "condition", conditionOf(dependency))
    setText(kind, dependency.kind)
    setText(nature, dependency.embedded ? "embedded" : "real")
    setText(address, dependency.address)
    setText(trouble, troubleOf(dependency, headline))
  }
  return { place, show }
}

/** Fills the list; returns a function that shows the next view. */
export const makeDependencies = (list: HTMLElement) => {
  let shownNames = ""
  let rows: ReadonlyArray<ReturnType<typeof makeDependency>> = []
  return ({ seams, sentence }: SystemView): void => {
    const names = seams.map(({ name }) => name).join("\n")
    if (names !== shownNames) {
      rows = seams.map(({ name }) => makeDependency(name))
      list.replaceChildren(...rows.map(({ place }) => place))
    }
    shownNames = names
    for (const [index, dependency] of seams.entries()) rows[index]?.show(dependency, sentence)
  }
}
