/**
 * The ledger: where every line that came into the queue is. `received = stored + dead-lettered + waiting + in flight`,
 * per topic and over all queue servers. Read from what the queues counted and hold; keeps nothing itself.
 */

import { Clock, Effect, Result } from "effect"
import type { Dependency } from "../../../bridge/dependency.ts"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { Topics } from "../../transform/topics.ts"
import { addUp } from "./reconcile.ts"
import type { Ledger } from "./types.ts"

/** Up to how many lines of a queue are read to know their topics. */
const readLines = 10_000

/** How long one queue may take to be counted, milliseconds. */
const patience = 10_000

/** Reads all queues side by side; one that is down shows as such, and the others still count. Never fails. */
export const readLedger: (sources: ReadonlyArray<QueueSource>, topics: Topics) => Effect.Effect<Ledger> =
  Effect.fnUntraced(function* (sources, topics) {
    const at = yield* Clock.currentTimeMillis
    // Without a choice of topics every line is of the standard one, and none must be read.
    const lines = topics.all.length === 1 ? 0 : readLines
    const counted = yield* Effect.forEach(
      sources,
      ({ dependency, ledger }) =>
        ledger(lines).pipe(
          Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(silent(dependency.address)) }),
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

const silent = (address: string): Failure =>
  new Failure({ reason: "timeout", message: `${address} did not tell its counts in time.` })
