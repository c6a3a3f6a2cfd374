/** Removes repetitions of one cause: the headline and the system's own row have the error, the others only name the system. Pure. */
import type { DeadSystem } from "./health-rules.ts"
import type { StageView } from "./system-view.ts"

/** The errors reported of each dead system, in all wordings: its name and the texts. */
export type Causes = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The systems in `dead`, each with the errors that the monitor got when it asked one of that name: a moment later the same
 * error may be worded differently, for example with another count.
 */
export const withOwnErrors = (
  dead: ReadonlyArray<DeadSystem>,
  asked: ReadonlyArray<readonly [name: string, trouble: string | undefined]>
): ReadonlyArray<DeadSystem> =>
  dead.map((one) => {
    const errors = asked.flatMap(([name, trouble]) =>
      name === one.name && trouble !== undefined ? [trouble] : []
    )
    return { ...one, troubles: [...one.troubles, ...errors].filter((text) => text !== "") }
  })

/** The error texts of the systems in `dead`. */
export const causesOf = (dead: ReadonlyArray<DeadSystem>): Causes =>
  new Map(
    dead.map(({ name, troubles }) => {
      const texts = troubles.map((text) => text.replace(/[.!?…]$/, ""))
      return [name, new Set(texts.filter((text) => text !== ""))]
    })
  )

/** The sentence, with the name of the system instead of its error. */
export const withoutCauses = (sentence: string, causes: Causes): string => {
  let shorter = sentence
  for (const [name, texts] of causes) {
    for (const text of [...texts].toSorted((one, other) => other.length - one.length)) {
      shorter = shorter
        .replaceAll(`It cannot reach its ${name}: ${text}`, `It cannot reach its ${name}`)
        .replaceAll(`The ${name} cannot be checked: ${text}`, `The ${name} cannot be checked`)
        .replaceAll(`${name}: ${text}`, `${name} cannot be reached`)
        .replaceAll(text, `the ${name} cannot be reached`)
    }
  }
  return shorter
}

/** The stage with shortened sentences; the stage may be the dead system itself. */
export const stageOnce = (stage: StageView, causes: Causes): StageView => {
  const sentence = withoutCauses(stage.sentence, causes)
  const isItself = sentence === `the ${stage.name} cannot be reached.`
  return { ...stage, sentence: isItself ? "It cannot be reached." : sentence }
}
