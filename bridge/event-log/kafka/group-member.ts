/**
 * One member of a group, from joining it until it fails or the scope closes, when it leaves. Between two changes of the
 * group ("generation") it reads the partitions that were assigned to it, and sends heartbeats however long a batch takes.
 */
import { Deferred, Effect, type Scope, Semaphore } from "effect"
import type { Clients } from "./client.ts"
import { type Cluster, makeCluster, metadataMaxAgeMs, type Partition, placeOf } from "./cluster.ts"
import { coordinatorChanged } from "./errors.ts"
import { type GroupSession, makeGroupSession } from "./group-session.ts"
import { endGeneration, type Generation, type Membership, type Positions } from "./membership.ts"
import { readPartitions } from "./partition-reader.ts"

/** A member without a heartbeat for so long is taken for dead, milliseconds. */
const sessionTimeoutMs = 10_000

/** How long members may take to join again when the group changes: what is in hand is finished first. Milliseconds. */
const rebalanceTimeoutMs = 30_000

const heartbeatIntervalMs = 1_000

/**
 * A fetch reports the end of a partition. While the handler is stuck nothing is fetched, and the end is asked for once it
 * was not reported for the first time; this is checked at intervals of the second. Milliseconds.
 */
const endStaleAfterMs = 4_000
const endCheckIntervalMs = 1_000

/** How long a broker may take to answer, milliseconds. Joining waits for the other members. */
const requestTimeoutMs = 5_000
const joinTimeoutMs = rebalanceTimeoutMs + 5_000

/** How long leaving the group may take, milliseconds. */
const leaveTimeoutMs = 5_000

/** Never succeeds; fails with the error because of which this member is of no more use. */
export const runMember = <E>(clients: Clients, membership: Membership<E>): Effect.Effect<never, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { group, topics, partitionsAtOnce } = membership
      const cluster = yield* Effect.acquireRelease(
        Effect.sync(() => makeCluster(clients.open({ main: requestTimeoutMs, join: joinTimeoutMs }))),
        ({ close }) => Effect.sync(close)
      )
      const session = yield* Effect.acquireRelease(
        Effect.sync(() => makeGroupSession(cluster, { group, topics, sessionTimeoutMs, rebalanceTimeoutMs })),
        ({ leave }) => Effect.promise(() => leave(leaveTimeoutMs))
      )
      const permits = yield* Semaphore.make(partitionsAtOnce)
      while (true) {
        const partitions = yield* attempt(session.join)
        membership.onJoined()
        membership.figures?.own(partitions)
        membership.watch?.owned(partitions)
        const generation: Generation = { ended: yield* Deferred.make<void, unknown>(), isOver: false }
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* keepMembership(session, generation)
            const positions = yield* startPositions(cluster, session, partitions, membership)
            yield* keepFigures(cluster, membership, partitions, positions)
            // Its scope closes first: heartbeats go on until the batches in hand are done.
            yield* Effect.scoped(
              Effect.andThen(
                readPartitions({ cluster, session, generation, membership, permits, partitions, positions }),
                Deferred.await(generation.ended)
              )
            )
          })
        )
      }
    })
  )

/** Sends heartbeats, and looks for new partitions, until the scope closes. */
const keepMembership = (
  session: GroupSession,
  generation: Generation
): Effect.Effect<void, never, Scope.Scope> => {
  let lastAnswer = performance.now()
  const beat = Effect.matchEffect(attempt(session.heartbeat), {
    onSuccess: () =>
      Effect.sync(() => {
        lastAnswer = performance.now()
      }),
    onFailure: (error) => {
      const isLost = performance.now() - lastAnswer > sessionTimeoutMs
      return coordinatorChanged(error) && !isLost ? Effect.void : endGeneration(generation, error)
    }
  })
  const lookForPartitions = attempt(session.isOutdated).pipe(
    Effect.orElseSucceed(() => false),
    Effect.flatMap((isOutdated) => (isOutdated ? joinAgain(generation) : Effect.void))
  )
  const every = (milliseconds: number, work: Effect.Effect<void>) =>
    Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(milliseconds), work)))
  return Effect.andThen(
    every(heartbeatIntervalMs, beat),
    Effect.asVoid(every(metadataMaxAgeMs, lookForPartitions))
  )
}

/** Reports where the member begins and where the partitions end, and keeps their ends current until the scope closes. */
const keepFigures = Effect.fnUntraced(function* <E>(
  cluster: Cluster,
  { figures }: Membership<E>,
  partitions: ReadonlyArray<Partition>,
  positions: Positions
) {
  if (figures === undefined || partitions.length === 0) return
  /** Figures are no reason to stop reading: an error shows itself there. */
  const endsOf = (places: ReadonlyArray<Partition>) =>
    Effect.orElseSucceed(
      attempt(() => cluster.offsets(places, "end")),
      (): ReadonlyMap<string, bigint> => new Map()
    )
  const ends = yield* endsOf(partitions)
  for (const place of partitions) {
    const name = placeOf(place.topic, place.partition)
    const position = positions.get(name) ?? 0n
    figures.set(place, { position, end: ends.get(name) ?? position })
  }
  const refresh = Effect.suspend(() => {
    const stale = figures.staleFor(endStaleAfterMs)
    if (stale.length === 0) return Effect.void
    return Effect.map(endsOf(stale), (found) => {
      for (const place of stale) {
        const end = found.get(placeOf(place.topic, place.partition))
        if (end !== undefined && end >= 0n) figures.endsAt(place, end)
      }
    })
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(endCheckIntervalMs), refresh)))
})

const joinAgain = (generation: Generation): Effect.Effect<void> =>
  Effect.suspend(() => {
    generation.isOver = true
    return Deferred.succeed(generation.ended, undefined)
  })

/**
 * Where reading begins: where the watcher stands, else at the committed offset, else at the time of the membership, else at
 * the oldest record.
 */
const startPositions = Effect.fnUntraced(function* <E>(
  cluster: Cluster,
  session: GroupSession,
  partitions: ReadonlyArray<Partition>,
  { positions: watched, since }: Membership<E>
) {
  const positions: Positions = new Map()
  const wanted = new Set(partitions)
  const take = (found: ReadonlyMap<string, bigint> | undefined): void => {
    for (const one of wanted) {
      const name = placeOf(one.topic, one.partition)
      const offset = found?.get(name)
      if (offset === undefined || offset < 0n) continue
      positions.set(name, offset)
      wanted.delete(one)
    }
  }
  take(watched)
  if (watched === undefined && wanted.size > 0) take(yield* attempt(() => session.committed([...wanted])))
  if (since !== undefined && wanted.size > 0) {
    const begun = [...wanted]
    take(yield* attempt(() => offsetsSince(cluster, begun, since)))
    // At once, because records that are appended while nobody reads must not be passed over by the next member.
    for (const one of begun) {
      const offset = positions.get(placeOf(one.topic, one.partition))
      if (offset !== undefined) yield* attempt(() => session.commit(one, offset))
    }
  }
  if (wanted.size > 0) take(yield* attempt(() => cluster.offsets([...wanted], "first")))
  return positions
})

/** Where the records of a time or later begin; where there are none, the end, as it was before they were looked for. */
const offsetsSince = async (
  cluster: Cluster,
  partitions: ReadonlyArray<Partition>,
  since: number
): Promise<ReadonlyMap<string, bigint>> => {
  const ends = await cluster.offsets(partitions, "end")
  const found = await cluster.offsets(partitions, since)
  return new Map([...ends, ...[...found].filter(([, offset]) => offset >= 0n)])
}

const attempt = <A>(work: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: work, catch: (error) => error })
