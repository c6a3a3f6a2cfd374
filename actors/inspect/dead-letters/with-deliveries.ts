/**
 * Dead letters of deliveries are replayed and discarded in the store of reactions, which counts them, and then leave the list
 * of the queue. Puts this in front of the lists of queue servers, so that people handle all dead letters alike. Keeps no state.
 */
import { Clock, Effect } from "effect"
import type { DeadLetterList, QueueSource, StoredDeadLetter } from "../../../bridge/ingest-queue/service.ts"
import type { NewDelivery, ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { type ByteString, textOf } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { type DeadDelivery, readDeadDelivery } from "../../../contracts/reactions/dead-delivery.ts"
import { encodeContent } from "../../../contracts/reactions/delivery-content.ts"

export interface DeliveryStore {
  readonly store: Pick<ReactionStore["Service"], "replay" | "discard">
  /** `DELIVER_FOR`: how long a replayed delivery is tried, ms. */
  readonly deliverForMs: number
}

/**
 * The store does not know a delivery that has just become a dead letter, nor one that was replayed before while its letter
 * stayed because that process ended. A letter that is older than this is of the second kind, and leaves the list.
 */
const settledAfterMs = 3_600_000

/** The same queue servers, whose lists handle dead letters of deliveries too. */
export const withDeliveries = (
  sources: ReadonlyArray<QueueSource>,
  deliveries: DeliveryStore
): ReadonlyArray<QueueSource> =>
  sources.map((source) => ({ ...source, deadLetters: listWith(source.deadLetters, deliveries) }))

/** Is it the line of a dead letter of a delivery? No line of a queue begins so. */
export const isDeliveryLine = (line: ByteString): boolean => /^\s*\{\s*"delivery"\s*:/.test(line)

/** The delivery in a line that people may have edited. Fails with `unreadable` and what is wrong. */
export const deliveryIn = (line: ByteString): Effect.Effect<DeadDelivery, Failure> =>
  Effect.try({
    try: () => readDeadDelivery(textOf(line)),
    catch: (cause) =>
      new Failure({
        reason: "unreadable",
        message: `The delivery is invalid: ${(cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s*\n\s*/g, " ")}`
      })
  })

const listWith = (list: DeadLetterList, deliveries: DeliveryStore): DeadLetterList => {
  const { store } = deliveries
  return {
    ...list,
    replay: (found, line, allowed) =>
      isOfDelivery(found)
        ? Effect.gen(function* () {
            const outcome = yield* store.replay(yield* deliveryAgain(found, line, deliveries.deliverForMs))
            if (outcome === "done" || (yield* isSettled(found))) yield* list.take(found)
            return outcome
          })
        : list.replay(found, line, allowed),
    discard: (found) =>
      isOfDelivery(found)
        ? Effect.gen(function* () {
            const { delivery } = yield* deliveryIn(lineOf(found))
            const isDone = yield* store.discard(delivery)
            if (isDone || (yield* isSettled(found))) yield* list.discard(found)
            return isDone
          })
        : list.discard(found)
  }
}

const isOfDelivery = ({ letter }: StoredDeadLetter): boolean => letter?.stage === "deliverer"

const lineOf = ({ letter }: StoredDeadLetter): ByteString => byteStringOf(letter?.line ?? new Uint8Array())

const isSettled = ({ letter }: StoredDeadLetter): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => letter !== undefined && letter.last < now - settledAfterMs)

/** Due now, with its whole time before it. The edited delivery is still the same one. */
const deliveryAgain = Effect.fnUntraced(function* (
  found: StoredDeadLetter,
  line: ByteString,
  deliverForMs: number
): Effect.fn.Return<NewDelivery, Failure> {
  const { delivery: id, rule, target, content } = yield* deliveryIn(line)
  const original = yield* deliveryIn(lineOf(found))
  if (id !== original.delivery || rule !== original.rule)
    return yield* new Failure({
      reason: "unreadable",
      message: "The delivery is invalid: its delivery and rule must stay as they are."
    })
  const now = yield* Clock.currentTimeMillis
  const { limits } = content
  return {
    ...{ id, rule, target, due: now, expires: now + deliverForMs, gates: [] },
    limits: { concurrency: limits?.concurrency, perSecond: limits?.perSecond },
    content: encodeContent(content)
  }
})
