/** Poison events, marked by a word in their query. They affect only the poisoned enricher (poisoned-enricher.ts). */
import { eventually } from "../support/eventually.ts"
import { extraLine } from "./extra-lines.ts"
import { releasedBatches } from "./released-batches.ts"
import type { World } from "./world.ts"

/** The effect on the enricher: an exception, the end of the process, an endless loop. */
export const poisons = ["throws", "kills", "hangs"] as const
export type Poison = (typeof poisons)[number]

/** The word in the query of a poison event. */
export const wordOf = (poison: Poison): string => `poison=${poison}!`

/** Lines of a full claim of a drainer. */
export const batchSize = 1_000

/**
 * Pushes `count` poison events, each in the middle of a batch of valid ones, while no drainer runs; returns when a
 * drainer has dead-lettered all of them, at most `within` milliseconds after it was started.
 */
export const poison = async (world: World, kind: Poison, count: number, within: number): Promise<void> => {
  await world.group("drainer").scale(0)
  for (let i = 0; i < count; i++) {
    await world.load.push(batchSize / 2, extraLine("good=1"))
    await world.load.push(1, extraLine(wordOf(kind)), "crashed")
    await world.load.push(batchSize / 2, extraLine("good=1"))
  }
  await world.group("drainer").scale(1)
  await eventually(
    "the poison events are dead-lettered",
    async () => (await world.queue.depth()).deadLetters === count,
    within
  )
}

/** The maximum number of releases of one batch or part for this reason. */
export const mostTries = (world: World, reason: string): number => {
  const tries = new Map<string, number>()
  for (const one of releasedBatches(world)) {
    const part = `${one.batch} ${one.first} ${one.lines}`
    if (one.reason === reason) tries.set(part, (tries.get(part) ?? 0) + 1)
  }
  return Math.max(0, ...tries.values())
}
