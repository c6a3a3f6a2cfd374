/**
 * Reads the ledger, which accounts for every line that entered the queue: `received = stored + dead-lettered + waiting +
 * in flight`, per topic and over all queue servers. Read from the counts and contents of the queues; keeps no state.
 */

import { Clock, Effect, Result } from "effect"
import type { Dependency } from "../../../bridge/dependency.ts"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { Topics } from "../../transform/topics.ts"
import { addUp } from "./reconcile.ts"
import type { Ledger } from "./types.ts"

/** The maximum number of lines of a queue that are read to determine their topics. */
export const maxLinesRead = 10_000

/** How long one queue may take to return its counts, milliseconds. */
const readTimeoutMs = 10_000

/** Reads all queues concurrently; an unreachable one is listed as such, and the others still count. Never fails. */
export const readLedger: (sources: ReadonlyArray<QueueSource>, topics: Topics) => Effect.Effect<Ledger> =
  Effect.fnUntraced(function* (sources, topics) {
    const at = yield* Clock.currentTimeMillis
    // With a single topic every line belongs to it, and none must be read.
    const lines = topics.all.length === 1 ? 0 : maxLinesRead
    const counted = yield* Effect.forEach(
      sources,
      ({ dependency, ledger }) =>
        ledger(lines).pipe(
          Effect.timeoutOrElse({
            duration: readTimeoutMs,
            orElse: () => Effect.fail(noAnswer(dependency.address))
          }),
          Effect.result,
          Effect.map((outcome) => ({ dependency, outcome }))
        ),
      { concurrency: "unbounded" }
    )
    return addUp(
      at,
      counted.map(({ dependency, outcome }) =>
        Result.match(outcome, {
          onFailure: ({ message }) => ({ ...naming(dependency), trouble: message, queue: undefined }),
          onSuccess: (queue) => ({ ...naming(dependency), trouble: undefined, queue })
        })
      ),
      topics
    )
  })

const naming = ({ kind, address }: Dependency) => ({ kind, address })

const noAnswer = (address: string): Failure =>
  new Failure({ reason: "timeout", message: `${address} did not return its counts in time.` })
