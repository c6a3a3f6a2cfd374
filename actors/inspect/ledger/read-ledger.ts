/**
 * Reads the ledger, which accounts for every line that entered the queue: `received = stored + dead-lettered + waiting +
 * in flight`, per topic and over all queue servers; and for every reaction, per rule. Read from the counts and contents of
 * the queues and of the store of reactions; keeps no state.
 */

import { Clock, Effect, Result } from "effect"
import type { Dependency } from "../../../bridge/dependency.ts"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { ReactionLedger } from "../../../bridge/reaction-store/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { Topics } from "../../transform/topics.ts"
import { withReactions } from "./reactions.ts"
import { addUp } from "./reconcile.ts"
import type { Ledger } from "./types.ts"

/** The maximum number of lines of a queue that are read to determine their topics. */
export const maxLinesRead = 10_000

/** How long one queue, or the store of reactions, may take to return its counts, milliseconds. */
const readTimeoutMs = 10_000

/**
 * Reads all queues and the reactions concurrently; what is unreachable is listed as such, and the others still count. Never
 * fails. `reactions` reads that of the store of reactions; without it there
 * are none.
 */
export const readLedger: (
  sources: ReadonlyArray<QueueSource>,
  topics: Topics,
  reactions?: Effect.Effect<ReactionLedger, Failure>
) => Effect.Effect<Ledger> = Effect.fnUntraced(function* (sources, topics, reactions = noReactions) {
  const at = yield* Clock.currentTimeMillis
  // With a single topic every line belongs to it, and none must be read.
  const lines = topics.all.length === 1 ? 0 : maxLinesRead
  const readQueues = Effect.forEach(
    sources,
    ({ dependency, ledger }) =>
      Effect.map(inTime(ledger(lines), dependency.address), (outcome) => ({ dependency, outcome })),
    { concurrency: "unbounded" }
  )
  const [counted, reacted] = yield* Effect.all([readQueues, inTime(reactions, "The store of reactions")], {
    concurrency: "unbounded"
  })
  const queues = addUp(
    at,
    counted.map(({ dependency, outcome }) =>
      Result.match(outcome, {
        onFailure: ({ message }) => ({ ...naming(dependency), trouble: message, queue: undefined }),
        onSuccess: (queue) => ({ ...naming(dependency), trouble: undefined, queue })
      })
    ),
    topics
  )
  return withReactions(
    queues,
    Result.match(reacted, {
      onFailure: ({ message }) => ({ trouble: message }),
      onSuccess: (ledger) => ({ ledger })
    })
  )
})

const noReactions = Effect.succeed<ReactionLedger>({
  rules: [],
  waiting: 0,
  inFlight: 0,
  oldestWaiting: undefined
})

/** The counts, or why there are none in time. */
const inTime = <A>(counts: Effect.Effect<A, Failure>, what: string) =>
  counts.pipe(
    Effect.timeoutOrElse({ duration: readTimeoutMs, orElse: () => Effect.fail(noAnswer(what)) }),
    Effect.result
  )

const naming = ({ kind, address }: Dependency) => ({ kind, address })

const noAnswer = (what: string): Failure =>
  new Failure({ reason: "timeout", message: `${what} did not return its counts in time.` })
