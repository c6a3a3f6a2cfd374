/** The contract of a projection store for a consumer that was suspended, lost its partition, and then applies its batch. */
import { expect } from "bun:test"
import { Effect } from "effect"
import type { ProjectionStore } from "../../../bridge/projection-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventId, newBatchId } from "../../../contracts/ids.ts"
import { add, batchOf } from "./model.ts"

/** A check of the contract. The late member still has the earlier end of the partition. */
export const lateMember = (
  store: ProjectionStore["Service"],
  projection: string
): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    const id = newBatchId()
    const apply = (end: number, from: number, to: number) =>
      store.apply(
        projection,
        batchOf(
          Array.from({ length: to - from }, (_, i) => {
            const place = from + i
            return [String(place), eventId(id, place), add("t", "x", 1)] as const
          }),
          0,
          "events",
          String(end)
        )
      )
    const total = Effect.map(store.top(projection, "t", 1), ([row]) => row?.count)

    yield* apply(60, 0, 50)
    // The other member reads from the same offset and past the end that the late member knows.
    yield* apply(100, 50, 90)
    expect(yield* apply(60, 50, 60)).toMatchObject({ applied: 0 })
    expect(yield* apply(100, 60, 100)).toMatchObject({ applied: 10 })
    expect(yield* apply(100, 0, 100)).toMatchObject({ applied: 0 })
    expect(yield* total).toBe(100)
  })
