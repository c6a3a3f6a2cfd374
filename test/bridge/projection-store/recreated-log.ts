/** The contract of a projection store for a log that was deleted and created again: its offsets begin at 0 again. */
import { expect } from "bun:test"
import { Effect } from "effect"
import type { ProjectionStore } from "../../../bridge/projection-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventId, newBatchId } from "../../../contracts/ids.ts"
import { add, batchOf } from "./model.ts"

/** A check of the contract. */
export const recreatedLog = (
  store: ProjectionStore["Service"],
  projection: string
): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    const id = newBatchId()
    const apply = (end: string, ...places: ReadonlyArray<readonly [offset: string, index?: number]>) =>
      store.apply(
        projection,
        batchOf(
          places.map(
            ([offset, index]) =>
              [offset, index === undefined ? undefined : eventId(id, index), add("t", "x", 1)] as const
          ),
          0,
          "events",
          end
        )
      )
    const counted = (applied: number, reread: number, duplicates: number) => ({ applied, reread, duplicates })

    expect(yield* apply("101", ["98", 0], ["99", 1], ["100"])).toEqual(counted(3, 0, 0))
    // An end equal to the fence, or one that was read too early, belongs to the same log.
    expect(yield* apply("101", ["99"], ["100"])).toEqual(counted(0, 2, 0))
    expect(yield* apply("42", ["99"], ["100"])).toEqual(counted(0, 2, 0))

    expect(yield* apply("9", ["5", 1], ["6", 2], ["7"])).toEqual(counted(2, 0, 1))
    expect(yield* apply("9", ["6", 2], ["7"], ["8", 4])).toEqual(counted(1, 2, 0))
    // The log grew beyond the old one before it was read: an unknown event below the fence reveals it.
    expect(yield* apply("900", ["2", 1], ["3", 2])).toEqual(counted(0, 2, 0))
    expect(yield* apply("900", ["4", 2], ["5", 5], ["6", 6])).toEqual(counted(2, 0, 1))
    expect(yield* apply("900", ["7", 4], ["8", 7])).toEqual(counted(1, 0, 1))
    expect(yield* apply("900", ["5", 5], ["6", 6], ["7", 4], ["8", 7])).toEqual(counted(0, 4, 0))

    const [large, larger] = ["9007199254740992", "9007199254740993"]
    yield* apply("9007199254740994", [larger])
    expect(yield* apply("9007199254740994", [larger])).toEqual(counted(0, 1, 0))
    expect(yield* apply(larger, [large])).toEqual(counted(1, 0, 0))
    expect(yield* apply(larger, [large])).toEqual(counted(0, 1, 0))

    for (const end of ["", "-1", "09", "end"]) {
      const failure = yield* Effect.orDie(Effect.flip(apply(end, ["9007199254740999"])))
      expect(failure.reason).toBe("unreadable")
    }
    expect(yield* store.top(projection, "t", 1)).toEqual([{ key: "x", count: 11 }])
  })
