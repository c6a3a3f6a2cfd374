/** Explores every state of the model, breadth first, and returns the steps to the first state that breaks a rule. */
import { type Bounds, begin, type Protections, type State, stepsFrom } from "./model.ts"

/** A rule that must hold in every state; returns undefined, or the violation as a sentence. */
export type Rule = (state: State) => string | undefined

export interface Explored {
  readonly states: number
  /** The steps to the nearest state that breaks a rule, and the violation; undefined if every state obeys it. */
  readonly broken: { readonly violation: string; readonly steps: ReadonlyArray<string> } | undefined
}

export const explore = (protections: Protections, bounds: Bounds, rule: Rule): Explored => {
  /** Each visited state, with the state and the step that led to it. */
  const visited = new Map<string, { readonly from: string; readonly what: string } | undefined>()
  const first = begin(bounds)
  let frontier: Array<State> = [first]
  visited.set(JSON.stringify(first), undefined)
  while (frontier.length > 0) {
    const nextFrontier: Array<State> = []
    for (const state of frontier) {
      const from = JSON.stringify(state)
      const violation = rule(state)
      if (violation !== undefined)
        return { states: visited.size, broken: { violation, steps: stepsTo(visited, from) } }
      for (const { what, next } of stepsFrom(state, protections, bounds)) {
        const name = JSON.stringify(next)
        if (visited.has(name)) continue
        visited.set(name, { from, what })
        nextFrontier.push(next)
      }
    }
    frontier = nextFrontier
  }
  return { states: visited.size, broken: undefined }
}

const stepsTo = (
  visited: ReadonlyMap<string, { readonly from: string; readonly what: string } | undefined>,
  last: string
): ReadonlyArray<string> => {
  const steps: Array<string> = []
  for (let at = visited.get(last); at !== undefined; at = visited.get(at.from)) steps.unshift(at.what)
  return steps
}
