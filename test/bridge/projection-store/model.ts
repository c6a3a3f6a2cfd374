/** A simple model of the projection store, random histories for it, and builders of its batches. */
import fc from "fast-check"
import type {
  Applied,
  EffectBatch,
  Increment,
  RecordEffect
} from "../../../bridge/projection-store/service.ts"
import { type BatchId, type EventId, eventId, type Topic } from "../../../contracts/ids.ts"

export const add = (table: string, key: string, by: number): Increment => ({ table, key, by })

/** One record: its offset, its id and what it adds. */
export type Step = readonly [
  offset: number | string,
  id: EventId | undefined,
  ...increments: ReadonlyArray<Increment>
]

/** A partition's end that no test reaches. */
const farEnd = "9223372036854775807"

export const batchOf = (
  steps: ReadonlyArray<Step>,
  partition = 0,
  topic = "events",
  end: number | string = farEnd
): EffectBatch => ({
  topic: topic as Topic,
  partition,
  end: String(end),
  effects: steps.map(([offset, id, ...increments]) => ({ offset: String(offset), id, increments }))
})

export interface Model {
  readonly apply: (batch: EffectBatch) => Applied
  readonly counts: Map<string, number>
}

/** Counts one table that never grows beyond its bound, with fences that forget nothing. */
export const modelOf = (bound: number): Model => {
  const counts = new Map<string, number>()
  const next = new Map<number, bigint>()
  const seen = new Set<string>()
  return {
    counts,
    apply: ({ partition, effects, end }) => {
      const told = { applied: 0, reread: 0, duplicates: 0 }
      if (effects.length > 0 && (next.get(partition) ?? 0n) > BigInt(end)) next.delete(partition)
      for (const { offset, id, increments } of effects) {
        if (BigInt(offset) < (next.get(partition) ?? 0n)) {
          told.reread += 1
          continue
        }
        next.set(partition, BigInt(offset) + 1n)
        if (id !== undefined && seen.has(id)) {
          told.duplicates += 1
          continue
        }
        if (id !== undefined) seen.add(id)
        told.applied += 1
        for (const { key, by } of increments) counts.set(key, (counts.get(key) ?? 0) + by)
      }
      if (counts.size >= bound) throw new Error("this model must not exceed its bound")
      return told
    }
  }
}

const batchIds = Array.from({ length: 3 }, (_, i) => `0193000000${i}0${"0".repeat(20)}` as BatchId)

const effect: fc.Arbitrary<Omit<RecordEffect, "offset"> & { readonly gap: number }> = fc.record({
  gap: fc.integer({ min: 1, max: 3 }),
  id: fc.option(
    fc.tuple(fc.constantFrom(...batchIds), fc.integer({ min: 0, max: 40 })).map(([id, i]) => eventId(id, i)),
    { nil: undefined, freq: 8 }
  ),
  increments: fc.array(
    fc.record({
      table: fc.constant("t"),
      key: fc.constantFrom("a", "b", "c", "d"),
      by: fc.integer({ min: -5, max: 1000 })
    }),
    { maxLength: 3 }
  )
})

/**
 * Batches on two partitions whose offsets overlap sometimes, as when a consumer reads again; some are from a recreated log.
 */
export const steps: fc.Arbitrary<ReadonlyArray<EffectBatch>> = fc.array(
  fc
    .record({
      partition: fc.integer({ min: 0, max: 1 }),
      start: fc.integer({ min: 0, max: 60 }),
      isAtEnd: fc.boolean(),
      effects: fc.array(effect, { maxLength: 12 })
    })
    .map(({ partition, start, isAtEnd, effects }) => {
      let offset = start
      const placed = effects.map(({ gap, ...rest }) => {
        offset += gap
        return { offset: String(offset), ...rest }
      })
      const end = isAtEnd ? String(offset + 1) : farEnd
      return { topic: "events" as Topic, partition, end, effects: placed }
    }),
  { maxLength: 15 }
)
