/** Announcements for screen readers: the state of the system at first, then each stage that breaks or recovers. Pure. */
import type { SystemView } from "../../inspect/pipeline/system-view.ts"
import { type ConditionName, conditionName, isBad } from "./condition.ts"
import { titleOf } from "./stage-cards.ts"

/** The key of the whole system; all stages have names. */
const system = ""

/** A function that compares each view with the one before and returns a text, empty when nothing broke or recovered. */
export const conditionChanges = () => {
  let before: ReadonlyMap<string, ConditionName> | undefined

  return ({ condition, sentence, stages }: SystemView): string => {
    const now = new Map([
      [system, conditionName(condition)],
      ...stages.map((stage) => [stage.name, conditionName(stage.condition)] as const)
    ])
    const was = before
    before = now
    if (was === undefined) return sentence
    const hasChanged = (name: string): boolean => {
      const [old, current] = [was.get(name), now.get(name)]
      return old !== current && [old, current].some((one) => one !== undefined && isBad(one))
    }
    if (hasChanged(system)) return sentence
    return stages
      .filter(({ name }) => hasChanged(name))
      .map((stage) => {
        const current = conditionName(stage.condition)
        const title = titleOf(stage.name)
        return isBad(current) ? `${title} is ${current}. ${stage.sentence}` : `${title} is ${current} again.`
      })
      .join(" ")
  }
}
