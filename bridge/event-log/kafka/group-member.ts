/**
 * One consumer, from joining its group until it fails or the scope closes, when it leaves. The client library hands
 * over what it fetched of a partition by calling back and waiting; that is handled batch by batch, several partitions
 * at the same time where that is wanted, and meanwhile the group hears that this member lives, however long that takes.
 */
import { Cause, Effect, Option, Queue } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import { delayAfter, deliver } from "../deliver-batch.ts"
import type { RecordBatch } from "../service.ts"
import type { Clients, Consumer, Payload } from "./client.ts"
import { groupChanged } from "./errors.ts"
import { batchesOf, type Fetched } from "./fetched-batches.ts"
import type { Skipped, Unpacking } from "./skipped-batches.ts"

/** A member that is not heard of for so long is taken for dead, milliseconds. */
const sessionTimeout = 10_000

/** How long members may take to join again when the group changes: what is under way is finished first. Milliseconds. */
const rebalanceTimeout = 30_000

/** A consumer that neither fetches nor joins for so long has fallen silent, milliseconds. */
const silence = 60_000

/** What is done is committed when the payload is, and so often while it takes longer, milliseconds. */
const commitEvery = 250

/** How long leaving the group may take, milliseconds. */
const leaveWithin = 5_000

/** Where a reader that only watches stands: the next offset, by `placeOf`. */
export type Positions = Map<string, bigint>
export const placeOf = (topic: string, partition: number): string => `${partition} ${topic}`

export interface Membership<E> {
  readonly group: string
  readonly topics: ReadonlyArray<Topic>
  /** Given for those who only watch: they begin here, and nothing is committed. */
  readonly positions: Positions | undefined
  /** How many partitions are handled at the same time. */
  readonly partitionsAtOnce: number
  readonly handle: (batch: RecordBatch) => Effect.Effect<void, E>
  readonly unpacking: Unpacking
  /** Called whenever a batch is done. */
  readonly onProgress: () => void
}

/** A payload for which the library waits. `settle` lets it go on; with an error it reads again or joins again. */
interface Job {
  readonly payload: Payload
  readonly settle: (error?: unknown) => void
}

interface State {
  readonly open: Set<Job>
  closing: boolean
  /** The group changed: no other batch of this generation may be handled. */
  stale: unknown
  /** When the consumer last showed that it lives, milliseconds of this process. */
  lastSign: number
}

/** Never succeeds; fails with what the library says when this consumer is of no more use. */
export const runMember = <E>(clients: Clients, membership: Membership<E>): Effect.Effect<never, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const client = clients.consumer(membership.group, sessionTimeout, rebalanceTimeout)
      const inbox = yield* Queue.unbounded<Job | { readonly crash: unknown }>()
      const state: State = { open: new Set(), closing: false, stale: undefined, lastSign: performance.now() }
      yield* Effect.addFinalizer(() =>
        Effect.promise(() => {
          state.closing = true
          for (const job of state.open) job.settle()
          return client.close(leaveWithin)
        })
      )
      const crash = (error: unknown): void => void Queue.offerUnsafe(inbox, { crash: error })
      listen(client.api, membership, state, crash)
      start(client.api, membership, state, (job) => void Queue.offerUnsafe(inbox, job)).catch(crash)

      while (true) {
        const next = Option.getOrUndefined(yield* Effect.timeoutOption(Queue.take(inbox), "5 seconds"))
        if (next === undefined) {
          if (state.open.size > 0 || performance.now() - state.lastSign < silence) continue
          return yield* Effect.fail(new Error("the consumer has fallen silent"))
        }
        if ("crash" in next) return yield* Effect.fail(next.crash)
        yield* handleJob(next, membership, state).pipe(
          Effect.catchCauseIf(Cause.hasDies, (cause) => Effect.sync(() => crash(Cause.squash(cause)))),
          Effect.forkScoped
        )
      }
    })
  )

const listen = <E>(
  api: Consumer,
  { positions }: Membership<E>,
  state: State,
  crash: (error: unknown) => void
): void => {
  const sign = (): void => {
    state.lastSign = performance.now()
  }
  api.on(api.events.CRASH, ({ payload }) => crash(payload.error))
  api.on(api.events.FETCH_START, sign)
  api.on(api.events.GROUP_JOIN, ({ payload }) => {
    sign()
    state.stale = undefined
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      for (const partition of partitions) {
        const position = positions?.get(placeOf(topic, partition))
        if (position !== undefined) api.seek({ topic, partition, offset: position.toString() })
      }
    }
  })
}

const start = async <E>(
  api: Consumer,
  { topics, partitionsAtOnce }: Membership<E>,
  state: State,
  hand: (job: Job) => void
): Promise<void> => {
  await api.connect()
  await api.subscribe({ topics: [...topics], fromBeginning: true })
  await api.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachBatch: (payload) =>
      new Promise<void>((resolve, reject) => {
        if (state.closing) return resolve()
        if (state.stale !== undefined) return reject(state.stale)
        const settle = (error?: unknown): void => {
          state.open.delete(job)
          state.lastSign = performance.now()
          if (error === undefined) resolve()
          else reject(error)
        }
        const job: Job = { payload, settle }
        state.open.add(job)
        hand(job)
      })
  })
}

/** Hands the payload over batch by batch, each until it is done, unless the group has changed. */
const handleJob = <E>(job: Job, membership: Membership<E>, state: State): Effect.Effect<void> => {
  const place: Place = { done: undefined, committed: performance.now() }
  const { batch: fetched, resolveOffset } = job.payload
  let hasSkipped = false
  const skipped = (batch: Skipped): void => {
    hasSkipped = true
    membership.unpacking.skipped(batch)
  }
  const next = batchesOf(fetched, { ...membership.unpacking, skipped })
  return Effect.gen(function* () {
    while (true) {
      const batch = yield* Effect.tryPromise({ try: next, catch: (error) => error })
      // Behind the last record may stand more that is none.
      if (batch === undefined) {
        if (hasSkipped) advance(membership, place, fetched, fetched.lastOffset())
        return resolveOffset(fetched.lastOffset())
      }
      for (let tries = 1; ; tries++) {
        if (state.stale !== undefined) return yield* Effect.fail(state.stale)
        if (yield* attempt(job.payload, batch, membership, place, tries)) break
        yield* commit(job.payload, place)
        yield* delayAfter(tries)
      }
    }
  }).pipe(
    Effect.onExit(() => commit(job.payload, place)),
    Effect.match({ onSuccess: () => job.settle(), onFailure: (error) => job.settle(error) }),
    (handling) => Effect.scoped(Effect.andThen(keepAlive(job, state), handling))
  )
}

/** Heartbeats once a second until the scope closes; notes when the group answers that it has changed. */
const keepAlive = (job: Job, state: State) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      setInterval(() => {
        job.payload.heartbeat().catch((error) => {
          if (groupChanged(error)) state.stale = error
        })
      }, 1_000)
    ),
    (timer) => Effect.sync(() => clearInterval(timer))
  )

/** How far a payload is handled. */
interface Place {
  /** The offset behind what is done and not committed. */
  done: string | undefined
  /** When it was committed last, milliseconds of this process. */
  committed: number
}

/** One handing over; interruption waits for it. True when the batch is done; fails when its place could not be committed. */
const attempt = <E>(
  payload: Payload,
  batch: RecordBatch,
  membership: Membership<E>,
  place: Place,
  tries: number
): Effect.Effect<boolean, unknown> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      if (!(yield* deliver(membership.handle, batch, tries))) return false
      const last = batch.records.at(-1)?.offset
      if (last !== undefined) {
        advance(membership, place, batch, last)
        payload.resolveOffset(last)
      }
      if (performance.now() - place.committed >= commitEvery) yield* commit(payload, place)
      membership.onProgress()
      return true
    })
  )

/** Everything up to this offset is done. */
const advance = <E>(
  { positions }: Membership<E>,
  place: Place,
  { topic, partition }: Pick<Fetched, "topic" | "partition">,
  last: string
): void => {
  const next = BigInt(last) + 1n
  if (positions === undefined) place.done = next.toString()
  else positions.set(placeOf(topic, partition), next)
}

/** Commits the place behind what is done, if it is not committed. */
const commit = ({ batch, commitOffsetsIfNecessary }: Payload, place: Place) =>
  Effect.suspend(() => {
    const { done } = place
    if (done === undefined) return Effect.void
    place.done = undefined
    place.committed = performance.now()
    const partitions = [{ partition: batch.partition, offset: done }]
    return Effect.tryPromise({
      try: () => commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions }] }),
      catch: (error) => error
    })
  })
