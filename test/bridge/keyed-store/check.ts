/** What the checks of the stores of keyed actors share: requests with defaults, and the shape of a check. */
import type { Effect, Scope } from "effect"
import type { RecordRef } from "../../../bridge/keyed-store/fences.ts"
import type {
  KeyedChanges,
  KeyedPartition,
  KeyedStore,
  LoadedPartition,
  LoadRequest
} from "../../../bridge/keyed-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { EventId, Topic } from "../../../contracts/ids.ts"

export type Store = KeyedStore["Service"]
export type Place = (horizon: number) => Effect.Effect<Store, Failure, Scope.Scope>

export type Check = (
  what: string,
  body: (store: Store, at: KeyedPartition, open: Place) => Effect.Effect<void, Failure, Scope.Scope>
) => void

export const hour = 3_600_000
export const topic = "events" as Topic
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textIn = (state: Uint8Array | undefined): string | undefined =>
  state === undefined ? undefined : new TextDecoder().decode(state)

export const load = (store: Store, at: KeyedPartition, request: Partial<LoadRequest> = {}) => {
  const { records = [] } = request
  const end = request.end ?? String(BigInt(records.at(-1)?.offset ?? "-1") + 1n)
  return store.load(at, { records, end, keys: [], timersUpTo: 0, maxTimers: 100, ...request })
}

export const changes = (loaded: LoadedPartition, change: Partial<KeyedChanges> = {}): KeyedChanges => ({
  ...{ fences: loaded.fences, handled: loaded.verdicts.length, clock: 0, partitions: 1 },
  ...{ states: new Map(), timers: [], outputs: [] },
  ...change
})

export const records = (
  ...places: ReadonlyArray<readonly [offset: number, id?: EventId]>
): ReadonlyArray<RecordRef> => places.map(([offset, id]) => ({ offset: String(offset), id }))
