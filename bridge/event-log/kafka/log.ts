/**
 * The event log on Kafka. It connects when it is first needed and again whenever a connection has failed, so a broker
 * that cannot be reached delays no start; meanwhile appending fails with `unavailable`, and reading waits.
 */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { logTimeout } from "../../../contracts/requests.ts"
import { makeConnectionState } from "../../connection-state.ts"
import { logWith, type Outage, Outages } from "../../outage.ts"
import { EventLog } from "../service.ts"
import type { KafkaAddress } from "./address.ts"
import { makeAdmin } from "./admin.ts"
import { makeAppend } from "./append.ts"
import { makeClients } from "./client.ts"
import { makeCluster } from "./cluster.ts"
import { makeRead } from "./consume.ts"
import { connectionAdvice, unavailable } from "./errors.ts"
import { makeLink } from "./reconnecting.ts"
import { makeScan } from "./scan.ts"
import { makeUnpacking } from "./skipped-batches.ts"
import { makeRefusals } from "./topic-refusals.ts"
import { makeTopics } from "./topics.ts"
import type { Compression } from "./wire/compression.ts"
import { maxUnpacked } from "./wire/decompress.ts"

/** How long one request of a producer or admin may take, milliseconds; less than `logTimeout`. */
const requestTimeoutMs = 3_500

/** How long `check` waits, milliseconds. */
const checkWithin = 1_900

export interface KafkaOptions {
  /** Do records have keys? Default false. */
  readonly hasKeys?: boolean
  /** The most that a batch that is read may be once it is unpacked, bytes. */
  readonly maxUnpacked?: number
}

const meanwhile = "Batches wait in the queue; readers continue where they stopped."

const checkIntervalMs = 2_000

/** Checks Kafka while an outage lasts, so that its end is known although nobody needs Kafka. */
const checkDuring = (outage: Outage, check: Effect.Effect<unknown, Failure>) =>
  Effect.sleep(checkIntervalMs).pipe(
    Effect.andThen(Effect.suspend(() => (outage.isOpen() ? Effect.ignore(check) : Effect.void))),
    Effect.forever,
    Effect.forkScoped
  )

/** The event log on these brokers; it closes its connections with the scope. */
export const makeKafka = Effect.fnUntraced(function* (
  address: KafkaAddress,
  compression: Compression,
  options: KafkaOptions = {}
) {
  const context = yield* Effect.context<never>()
  const log = logWith(Effect.runForkWith(context))
  const refusals = makeRefusals(context)
  const unpacking = makeUnpacking(context, options.maxUnpacked ?? maxUnpacked)
  const keys = { areGiven: options.hasKeys ?? false }
  const clients = makeClients(address)
  const open = () => makeCluster(clients.open({ main: requestTimeoutMs }))
  const admin = makeAdmin(address, requestTimeoutMs)
  const tries = address.brokers.length
  const where = address.brokers.join(", ")
  const name = `Kafka at ${where}`
  const isHeld = () => refusals.list().length > 0
  const outage = (yield* Outages).of({ name, log, isHeld })
  const state = makeConnectionState(name, outage, log)
  const checking = outage.operation({ meanwhile })
  const producer = yield* makeLink(open, tries, logTimeout, state)
  const lookup = yield* makeLink(open, tries, logTimeout, state)
  const topics = makeTopics(lookup, admin, refusals)

  const check = lookup
    .use((cluster) => cluster.refresh([]))
    .pipe(
      Effect.mapError((error) =>
        connectionAdvice(error) !== undefined
          ? new Failure({ reason: "unavailable", message: `Kafka at ${where}: ${connectionAdvice(error)}` })
          : unavailable(`No Kafka broker answers at ${where}`, error)
      ),
      Effect.timeoutOrElse({
        duration: checkWithin,
        orElse: () => {
          const message = `No Kafka broker answers at ${where} in time`
          checking.failed(message)
          return Effect.fail(new Failure({ reason: "unavailable", message }))
        }
      }),
      Effect.andThen(Effect.sync(checking.worked))
    )
  yield* checkDuring(outage, check)

  return EventLog.of({
    dependency: { kind: "kafka", embedded: false, address: where, outage, check, refusals: refusals.list },
    ensureTopics: topics.ensure,
    partitions: topics.counts,
    append: makeAppend({ producer, topics, compression, refusals, keys, appending: outage.operation() }),
    read: makeRead({ clients, admin, topics, unpacking, outage }),
    scan: makeScan(clients, unpacking)
  })
})
