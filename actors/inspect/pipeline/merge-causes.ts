/** The same cause in many sentences: the headline and the system's own row tell it, the others only name the system. Pure. */
import type { DeadSystem } from "./health-rules.ts"
import type { StageView } from "./system-view.ts"

/** What is said of each dead system, in whatever words: its name and the texts. */
export type Causes = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The systems in `dead`, each also with what the watch heard when it asked one of that name: a moment later the same
 * trouble may have other words, like how often it was met.
 */
export const withHeard = (
  dead: ReadonlyArray<DeadSystem>,
  asked: ReadonlyArray<readonly [name: string, trouble: string | undefined]>
): ReadonlyArray<DeadSystem> =>
  dead.map((one) => {
    const heard = asked.flatMap(([name, trouble]) =>
      name === one.name && trouble !== undefined ? [trouble] : []
    )
    return { ...one, troubles: [...one.troubles, ...heard].filter((text) => text !== "") }
  })

/** The texts that stand for the systems in `dead`. */
export const causesOf = (dead: ReadonlyArray<DeadSystem>): Causes =>
  new Map(
    dead.map(({ name, troubles }) => {
      const texts = troubles.map((text) => text.replace(/[.!?…]$/, ""))
      return [name, new Set(texts.filter((text) => text !== ""))]
    })
  )

/** The sentence, with the name of the system in place of its trouble. */
export const withoutCauses = (sentence: string, causes: Causes): string => {
  let shorter = sentence
  for (const [name, texts] of causes) {
    for (const text of [...texts].toSorted((one, other) => other.length - one.length)) {
      shorter = shorter
        .replaceAll(`It cannot reach its ${name}: ${text}`, `It cannot reach its ${name}`)
        .replaceAll(`The ${name} cannot be asked: ${text}`, `The ${name} cannot be asked`)
        .replaceAll(`${name}: ${text}`, `${name} cannot be reached`)
        .replaceAll(text, `the ${name} cannot be reached`)
    }
  }
  return shorter
}

/** The stage, which may be the system itself. */
export const stageOnce = (stage: StageView, causes: Causes): StageView => {
  const sentence = withoutCauses(stage.sentence, causes)
  const isItself = sentence === `the ${stage.name} cannot be reached.`
  return { ...stage, sentence: isItself ? "It cannot be reached." : sentence }
}
