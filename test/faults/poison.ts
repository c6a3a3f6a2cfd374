/** Events that do harm, each known by a word in its query: to the poisoned enricher (poisoned-enricher.ts), and to nobody else. */
import { eventually } from "../support/eventually.ts"
import { extraLine } from "./extra-lines.ts"
import { releasedBatches } from "./released-batches.ts"
import type { World } from "./world.ts"

/** What an event does to whoever handles it: an exception, the end of the process, an endless loop. */
export const poisons = ["throws", "kills", "hangs"] as const
export type Poison = (typeof poisons)[number]

/** The word in the query of such an event. */
export const wordOf = (poison: Poison): string => `poison=${poison}!`

/** As many lines as a drainer claims at once. */
export const batchSize = 1_000

/**
 * Pushes so many poisoned events, each in the middle of a batch of good ones, while no drainer runs; returns when a
 * drainer has set them all aside, at most `within` milliseconds after it came back.
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
    "the poisoned events are set aside",
    async () => (await world.queue.depth()).deadLetters === count,
    within
  )
}

/** How often the batch, or piece of one, that failed most often was released for that reason. */
export const mostTries = (world: World, reason: string): number => {
  const tries = new Map<string, number>()
  for (const one of releasedBatches(world)) {
    const piece = `${one.batch} ${one.first} ${one.lines}`
    if (one.reason === reason) tries.set(piece, (tries.get(piece) ?? 0) + 1)
  }
  return Math.max(0, ...tries.values())
}
