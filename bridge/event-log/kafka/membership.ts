/** What a member of a group is given, and what is known of it between two changes of the group ("generation"). */
import { Deferred, Effect, type Semaphore } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import type { Outage } from "../../outage.ts"
import type { ConsumerFigures } from "../consumer-figures.ts"
import type { Handling } from "../deliver-batch.ts"
import type { ReadWatch, RecordBatch } from "../service.ts"
import type { Cluster, Partition } from "./cluster.ts"
import { groupChanged } from "./errors.ts"
import type { GroupSession } from "./group-session.ts"
import type { Unpacking } from "./skipped-batches.ts"

/** The next offset of each partition, by `placeOf`, of a reader that only watches. */
export type Positions = Map<string, bigint>

export interface Membership<E> {
  readonly group: string
  readonly topics: ReadonlyArray<Topic>
  /** Given for those who only watch: they begin here, and nothing is committed. */
  readonly positions: Positions | undefined
  /** Where a partition without a committed offset begins, ms since 1970; undefined: at its oldest record. */
  readonly since: number | undefined
  /** How many partitions are handled at the same time. */
  readonly partitionsAtOnce: number
  readonly handle: (batch: RecordBatch) => Effect.Effect<void, E>
  readonly handling: Handling
  readonly unpacking: Unpacking
  /** The outages of Kafka. */
  readonly outage: Outage
  /** Called whenever the member has joined its group. */
  readonly onJoined: () => void
  /** Undefined for those who only watch. */
  readonly figures: ConsumerFigures | undefined
  readonly watch: ReadWatch | undefined
  /** Called whenever a batch is done. */
  readonly onProgress: () => void
}

/** A member between two changes of its group. */
export interface Generation {
  /** Succeeds when the group changed, so that no other batch may be handled; fails when reading failed. */
  readonly ended: Deferred.Deferred<void, unknown>
  isOver: boolean
}

/** The generation ends, with the error that showed it: the group changed, or reading failed. */
export const endGeneration = (generation: Generation, error: unknown): Effect.Effect<void> =>
  Effect.suspend(() => {
    generation.isOver = true
    return groupChanged(error)
      ? Deferred.succeed(generation.ended, undefined)
      : Deferred.fail(generation.ended, error)
  })

/** What reading the partitions of one generation needs. */
export interface Reading<E> {
  readonly cluster: Cluster
  readonly session: GroupSession
  readonly generation: Generation
  readonly membership: Membership<E>
  /** As many as partitions may be handled at the same time. */
  readonly permits: Semaphore.Semaphore
  readonly partitions: ReadonlyArray<Partition>
  /** The next offset to fetch, by `placeOf`. */
  readonly positions: Positions
}
