/**
 * Reading the log in a SQLite file. Of a group's members, in one process or several, one reads a topic at a time: the
 * one that holds the lease on the group's place there. Appends of this process wake readers at once; those of other
 * processes are found by looking again.
 */
import { randomBytes } from "node:crypto"
import { Clock, Effect, type Scope } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { type LogOnce, makeLogOnce } from "../../log-once.ts"
import type { SqliteFile } from "../../sqlite/database.ts"
import { handOver, pauseAfter } from "../deliver-batch.ts"
import type { ReadOptions, RecordBatch } from "../service.ts"
import type { Bell } from "./append-signal.ts"
import { batchFrom, behind, endOf, leavePlaces, movePlace, takePlace } from "./tables.ts"

/** How long a member that is not heard of keeps its topics, milliseconds. */
const leaseTime = 10_000

/** How often a member renews that; more often while it waits for topics that another one holds. Milliseconds. */
const renewEvery = 3_000
const tryEvery = 500

/** How often a reader looks whether another process has appended, milliseconds. */
const lookEvery = 200

/** Where a reader stands in one topic, and how it moves on. */
interface Place {
  /** What comes next there, if there is anything and it is this reader's turn. */
  readonly next: Effect.Effect<RecordBatch | undefined, Failure>
  /** The batch is done. */
  readonly moveOn: (batch: RecordBatch) => Effect.Effect<void, Failure>
}

/** `read` of the event log; `bell` rings when this process has appended. */
export const makeRead =
  (file: SqliteFile, bell: Bell) =>
  <E>(
    options: ReadOptions,
    handle: (batch: RecordBatch) => Effect.Effect<void, E>
  ): Effect.Effect<never, Failure> =>
    Effect.scoped(
      Effect.gen(function* () {
        const places =
          options.from === "oldest"
            ? yield* memberPlaces(file, options)
            : watcherPlaces(file, options.topics, options.from)
        const troubles = makeLogOnce()
        const scan = Effect.forEach(places, (place) => handNext(place, handle)).pipe(
          Effect.tap(() => Effect.sync(troubles.worked)),
          Effect.map((found) => found.includes(true)),
          Effect.catch((failure) => Effect.as(warnOnce(troubles, failure), false))
        )
        while (true) {
          const rung = bell.next()
          if (!(yield* scan)) yield* Effect.timeoutOption(rung, lookEvery)
        }
      })
    )

const warnOnce = (troubles: LogOnce, { message }: Failure): Effect.Effect<void> =>
  troubles.isNew(message) ? Effect.logWarning(message) : Effect.void

/** Hands over what comes next until it is done. False when there is nothing. */
const handNext = Effect.fnUntraced(function* <E>(
  place: Place,
  handle: (batch: RecordBatch) => Effect.Effect<void, E>
) {
  for (let tries = 1; ; tries++) {
    const batch = yield* place.next
    if (batch === undefined) return false
    const attempt = Effect.flatMap(handOver(handle, batch, tries), (ok) =>
      ok ? Effect.as(place.moveOn(batch), true) : Effect.succeed(false)
    )
    if (yield* Effect.uninterruptible(attempt)) return true
    yield* pauseAfter(tries)
  }
})

/** The places of one member of a group: it takes those that no other member holds, and leaves them with the scope. */
const memberPlaces = Effect.fnUntraced(function* (
  file: SqliteFile,
  { group, topics }: ReadOptions
): Effect.fn.Return<ReadonlyArray<Place>, never, Scope.Scope> {
  const owner = randomBytes(8).toString("hex")
  const held = new Map<Topic, number>()
  const take = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    file.transaction((database) => {
      held.clear()
      for (const topic of topics) {
        const next = takePlace(database, group, topic, owner, now, now + leaseTime)
        if (next !== undefined) held.set(topic, next)
      }
    })
  )
  const troubles = makeLogOnce()
  const takeSafely = Effect.catch(Effect.andThen(take, Effect.sync(troubles.worked)), (failure) =>
    warnOnce(troubles, failure)
  )
  yield* Effect.addFinalizer(() =>
    Effect.ignore(file.transaction((database) => leavePlaces(database, group, owner)))
  )
  yield* takeSafely
  yield* Effect.suspend(() => Effect.sleep(held.size < topics.length ? tryEvery : renewEvery)).pipe(
    Effect.andThen(takeSafely),
    Effect.forever,
    Effect.forkScoped
  )
  return topics.map((topic) => ({
    next: Effect.suspend(() => {
      const place = held.get(topic)
      if (place === undefined) return Effect.succeed(undefined)
      return file.read((database) => batchFrom(database, topic, place))
    }),
    moveOn: (batch) =>
      file.transaction((database) => {
        const next = behind(batch)
        if (movePlace(database, group, topic, owner, next)) held.set(topic, next)
        else held.delete(topic)
      })
  }))
})

/** The places of one who only watches: so many records before the end, or the oldest there is; nothing is kept of it. */
const watcherPlaces = (
  file: SqliteFile,
  topics: ReadonlyArray<Topic>,
  before: number
): ReadonlyArray<Place> =>
  topics.map((topic) => {
    let place: number | undefined
    return {
      next: file.read((database) => {
        place ??= Math.max(0, (endOf(database, topic) ?? 0) - before)
        return batchFrom(database, topic, place)
      }),
      moveOn: (batch) =>
        Effect.sync(() => {
          place = behind(batch)
        })
    }
  })
