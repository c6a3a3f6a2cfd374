/**
 * Reading the log in a SQLite file. Of a group's members, in one process or several, one at a time reads a topic: the one
 * with the lease of the group's offset. Appends of this process wake readers at once; those of other processes are found
 * by polling.
 */
import { randomBytes } from "node:crypto"
import { Clock, Effect, Exit, type Scope } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { ChangeSignal } from "../../sqlite/change-signal.ts"
import type { SqliteFile } from "../../sqlite/database.ts"
import { type ConsumerFigures, makeConsumerFigures } from "../consumer-figures.ts"
import { delayAfter, deliver, type Handling, makeHandling } from "../deliver-batch.ts"
import type { ReadOptions, RecordBatch } from "../service.ts"
import {
  addPlaceSince,
  batchFrom,
  endOf,
  leasePlace,
  movePlace,
  offsetAfter,
  releasePlaces,
  unreadFrom
} from "./tables.ts"

/** Lease of a member's topics. */
const leaseMs = 10_000

/** Interval of renewals, and of attempts while another member has a topic. */
const renewIntervalMs = 3_000
const attemptIntervalMs = 500

/** The longest wait of a reader for an append, also of one that is watched, and its pause after a failure. */
const maxWaitMs = 5_000
const maxWatchedWaitMs = 1_000
const failurePauseMs = 200

/** The position of a reader in one topic. */
interface Position {
  /** The next batch; undefined when there is none, or another member has the topic. */
  readonly next: Effect.Effect<RecordBatch | undefined, Failure>
  /** The batch was handled. */
  readonly commit: (batch: RecordBatch) => Effect.Effect<void, Failure>
}

/** `read` of the event log. */
export const makeRead =
  (file: SqliteFile, changes: ChangeSignal) =>
  <E>(
    options: ReadOptions,
    handle: (batch: RecordBatch) => Effect.Effect<void, E>
  ): Effect.Effect<never, Failure> =>
    Effect.scoped(
      Effect.gen(function* () {
        const positions =
          typeof options.from === "number"
            ? watcherPositions(file, options.topics, options.from)
            : yield* memberPositions(file, options, changes)
        const handling = yield* makeHandling()
        const waitMs = options.watch === undefined ? maxWaitMs : maxWatchedWaitMs
        /** The pause before the next scan, milliseconds: none after records. The file logs its outage. */
        const scan = Effect.forEach(positions, (position) => deliverNext(position, handle, handling)).pipe(
          Effect.map((found) => (found.includes(true) ? 0 : waitMs)),
          Effect.orElseSucceed(() => failurePauseMs)
        )
        while (true) {
          const change = changes.next()
          const pauseMs = yield* scan
          if (pauseMs > 0) yield* change(pauseMs)
        }
      })
    )

/** Delivers the next batch until it is handled. False when there is none. */
const deliverNext = Effect.fnUntraced(function* <E>(
  position: Position,
  handle: (batch: RecordBatch) => Effect.Effect<void, E>,
  handling: Handling
) {
  for (let attempts = 1; ; attempts++) {
    const batch = yield* position.next
    if (batch === undefined) return false
    const attempt = Effect.flatMap(deliver(handle, batch, handling), (ok) =>
      ok ? Effect.as(position.commit(batch), true) : Effect.succeed(false)
    )
    if (yield* Effect.uninterruptible(attempt)) return true
    yield* delayAfter(attempts)
  }
})

/** The positions of a group's member: it leases the topics that no other member has, and releases them with the scope. */
const memberPositions = Effect.fnUntraced(function* (
  file: SqliteFile,
  { group, topics, watch, from }: ReadOptions,
  changes: ChangeSignal
): Effect.fn.Return<ReadonlyArray<Position>, never, Scope.Scope> {
  const owner = randomBytes(8).toString("hex")
  const leased = new Map<Topic, number>()
  const figures = makeConsumerFigures(yield* Effect.context<never>(), group, () =>
    refreshFigures(file, leased, figures)
  )
  const reportOwned = (): void => {
    const owned = Array.from(leased.keys(), placeOf)
    figures.own(owned)
    watch?.owned(owned)
  }
  const lease = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    file.transaction((database) => {
      const before = leased.size
      leased.clear()
      for (const topic of topics) {
        if (typeof from === "object") addPlaceSince(database, group, topic, from.since)
        const next = leasePlace(database, group, topic, owner, now, now + leaseMs)
        if (next !== undefined) leased.set(topic, next)
      }
      if (leased.size > before) changes.notify()
    })
  ).pipe(Effect.tap(() => Effect.sync(reportOwned)))
  const leaseIfPossible = Effect.ignore(lease)
  yield* Effect.addFinalizer(() => {
    leased.clear()
    reportOwned()
    return Effect.ignore(file.transaction((database) => releasePlaces(database, group, owner)))
  })
  yield* leaseIfPossible
  yield* Effect.suspend(() =>
    Effect.sleep(leased.size < topics.length ? attemptIntervalMs : renewIntervalMs)
  ).pipe(Effect.andThen(leaseIfPossible), Effect.forever, Effect.forkScoped)
  return topics.map((topic) => ({
    next: Effect.flatMap(Clock.currentTimeMillis, (asOf) => {
      const place = leased.get(topic)
      if (place === undefined) return Effect.succeed(undefined)
      return Effect.tap(
        file.read((database) => batchFrom(database, topic, place)),
        (batch) => Effect.sync(() => batch === undefined && watch?.caughtUp(placeOf(topic), asOf))
      )
    }),
    commit: (batch) =>
      file.transaction((database) => {
        const next = offsetAfter(batch)
        if (movePlace(database, group, topic, owner, next)) leased.set(topic, next)
        else if (leased.delete(topic)) reportOwned()
      })
  }))
})

/** Each topic has one partition. */
const placeOf = (topic: Topic) => ({ topic, partition: 0 })

/** Reads where the leased topics end and what is unread; when the file cannot be read, the figures stay as they are. */
const refreshFigures = (
  file: SqliteFile,
  leased: ReadonlyMap<Topic, number>,
  figures: ConsumerFigures
): void => {
  for (const [topic, next] of leased) {
    const state = Effect.runSyncExit(file.read((database) => unreadFrom(database, topic, next)))
    if (Exit.isSuccess(state)) figures.set(placeOf(topic), state.value)
  }
}

/** The positions of a watcher: `before` records before the end, or the oldest record; not committed. */
const watcherPositions = (
  file: SqliteFile,
  topics: ReadonlyArray<Topic>,
  before: number
): ReadonlyArray<Position> =>
  topics.map((topic) => {
    let place: number | undefined
    return {
      next: file.read((database) => {
        place ??= Math.max(0, (endOf(database, topic) ?? 0) - before)
        return batchFrom(database, topic, place)
      }),
      commit: (batch) =>
        Effect.sync(() => {
          place = offsetAfter(batch)
        })
    }
  })
