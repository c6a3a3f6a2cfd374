/** Explores every state of the model, breadth first, and returns the steps to the first state that breaks a rule. */
import { type Bounds, begin, type Mends, type State, stepsFrom } from "./model.ts"

/** A rule that must hold in every state: undefined, or what is wrong in a sentence. */
export type Rule = (state: State) => string | undefined

export interface Explored {
  readonly states: number
  /** The shortest path to a state that breaks a rule, and what is wrong there; undefined if there is none. */
  readonly broken: { readonly wrong: string; readonly way: ReadonlyArray<string> } | undefined
}

export const explore = (mends: Mends, bounds: Bounds, rule: Rule): Explored => {
  /** Each state found, with the state and the step that led to it. */
  const met = new Map<string, { readonly from: string; readonly what: string } | undefined>()
  const first = begin(bounds)
  let edge: Array<State> = [first]
  met.set(JSON.stringify(first), undefined)
  while (edge.length > 0) {
    const further: Array<State> = []
    for (const state of edge) {
      const from = JSON.stringify(state)
      const wrong = rule(state)
      if (wrong !== undefined) return { states: met.size, broken: { wrong, way: wayTo(met, from) } }
      for (const { what, next } of stepsFrom(state, mends, bounds)) {
        const name = JSON.stringify(next)
        if (met.has(name)) continue
        met.set(name, { from, what })
        further.push(next)
      }
    }
    edge = further
  }
  return { states: met.size, broken: undefined }
}

const wayTo = (
  met: ReadonlyMap<string, { readonly from: string; readonly what: string } | undefined>,
  last: string
): ReadonlyArray<string> => {
  const way: Array<string> = []
  for (let at = met.get(last); at !== undefined; at = met.get(at.from)) way.unshift(at.what)
  return way
}
