/** The dead letter of a delivery that failed for good. Pure. */
import { createHash } from "node:crypto"
import { type DeadLetter, reactionsTopic } from "../../contracts/dead-letter.ts"
import type { EventId, PushId } from "../../contracts/ids.ts"
import { writeDeadDelivery } from "../../contracts/reactions/dead-delivery.ts"
import type { DeliveryContent, DeliveryFailure, DeliveryId } from "../../contracts/reactions/delivery.ts"
import { pushIdFrom } from "../runtime/push-id.ts"

/**
 * The dead letter, and the id under which the list takes it once: a delivery that dies again after a replay has another. It
 * is dead-lettered at `now` (ms since 1970), which is later than its failure when the queue was away.
 */
export const deadLetterOf = (
  delivery: { readonly id: DeliveryId; readonly rule: string },
  content: DeliveryContent,
  failure: DeliveryFailure,
  now: number
): { readonly letter: DeadLetter; readonly once: PushId } => {
  const { id, rule } = delivery
  const { reason, target, attempts, first, last } = failure
  return {
    letter: {
      ...{ v: 1, id: letterId(id), stage: "deliverer", reason: "not delivered", topic: reactionsTopic },
      ...{ detail: `${rule}: ${reason}`, attempts, first: Math.floor(first), last: Math.floor(now) },
      line: new TextEncoder().encode(writeDeadDelivery({ delivery: id, rule, target, content }))
    },
    once: pushIdFrom(`dead ${id} ${last}`)
  }
}

/** Dead letters are found by their id, so each delivery has its own, in the form of an event's id. */
const letterId = (id: DeliveryId): EventId => {
  const digest = createHash("sha256").update(id).digest("hex").slice(0, 32)
  return `${digest}-0` as EventId
}
