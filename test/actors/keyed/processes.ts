/**
 * Processes that run a keyed actor on one partition, without a log server: each has its own position and may crash at any
 * of the places where a real one can. All write to the same store, as during a rebalance.
 */
import { Effect } from "effect"
import type { Behaviour } from "../../../actors/keyed/compute.ts"
import { makeEngine } from "../../../actors/keyed/engine.ts"
import { readRekeyed } from "../../../actors/runtime/inbox/key.ts"
import type { KeyedRecord } from "../../../actors/runtime/inbox/keyed-message.ts"
import type { Appended, NewRecord } from "../../../bridge/event-log/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Store } from "./stores.ts"

/** Where a process ends during one message. "offset": its effects are complete, and its offset is not committed. */
export const crashes = [
  "none",
  "before the commit",
  "after the commit",
  "before the append",
  "after the append",
  "offset"
] as const
export type Crash = (typeof crashes)[number]

export const topic = "events" as Topic

const crash = Effect.fail(new Failure({ reason: "timeout", message: "the process was killed" }))

/** The partition, to which events that are passed on come too, and what was appended to the topic of results. */
export interface Partition {
  readonly records: Array<KeyedRecord>
  readonly appended: Array<NewRecord>
  committed: number
}

export const newPartition = (): Partition => ({ records: [], appended: [], committed: 0 })

export const recordOf = (
  text: string,
  given: Omit<KeyedRecord, "record"> & { readonly offset: number; readonly id: string | undefined }
): KeyedRecord => {
  const { offset, id, ...keyed } = given
  const record = {
    ...{
      offset: String(offset),
      timestamp: keyed.at,
      key: keyed.key,
      headers: id === undefined ? {} : { id }
    },
    value: new TextEncoder().encode(text)
  }
  return { ...keyed, record }
}

/** A process with its own position. Its calls resolve to whether the process lived. */
export const newProcess = <S>(actor: string, behaviour: Behaviour<S>, store: Store, partition: Partition) => {
  let position = 0
  let crashAt: Crash = "none"
  const dies = (at: Crash) => Effect.suspend(() => (crashAt === at ? crash : Effect.void))
  const engine = makeEngine({
    actor,
    behaviour,
    store: {
      ...store,
      // Lets the other process work between a load and its commit.
      load: (place, request) => Effect.tap(store.load(place, request), () => Effect.yieldNow),
      commit: (place, version, changes) =>
        Effect.tap(Effect.andThen(dies("before the commit"), store.commit(place, version, changes)), () =>
          dies("after the commit")
        )
    },
    log: {
      append: (records) =>
        Effect.gen(function* () {
          yield* dies("before the append")
          yield* Effect.yieldNow
          for (const { topic: to, key, value, headers } of records)
            if (to === topic) {
              const offset = String(partition.records.length)
              const stored = { offset, timestamp: 0, key, value, headers }
              partition.records.push(readRekeyed(stored))
            } else
              partition.appended.push({ topic: to, value, headers, ...(key === undefined ? {} : { key }) })
          yield* dies("after the append")
          return records.map((): Appended => ({ stored: true, partition: 0, offset: "0" }))
        })
    },
    meter: { count: () => Effect.void },
    figures: { add: () => Effect.void, set: () => Effect.void }
  })
  const handle = (records: ReadonlyArray<KeyedRecord>, clock: number) =>
    Effect.map(
      Effect.result(
        engine({ topic, partition: 0, records, end: String(partition.records.length), clock, partitions: 1 })
      ),
      ({ _tag }) => _tag === "Success"
    )

  return {
    /** It becomes the owner again: it continues at the committed offset. */
    rejoin: () => {
      position = partition.committed
    },
    isAtEnd: () => position === partition.records.length,
    /** Handles the next records. */
    read: Effect.fnUntraced(function* (count: number, at: Crash) {
      crashAt = at
      const records = partition.records.slice(position, position + count)
      if (records.length === 0) return true
      const isDone = yield* handle(records, Number.NEGATIVE_INFINITY)
      if (isDone) position += records.length
      // A lost append fails no message; in a real process the kill does.
      if (isDone && at === "none") partition.committed = Math.max(partition.committed, position)
      if (at !== "none") position = partition.committed
      return isDone
    }),
    /** The clock has reached that time. */
    tick: (clock: number, at: Crash) =>
      Effect.suspend(() => {
        crashAt = at
        return handle([], clock)
      })
  }
}
