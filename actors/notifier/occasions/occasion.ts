/** Deliveries that a request to the notifier causes, as rules cause those of events. Pure. */
import { createHash } from "node:crypto"
import type { Gate, NewDelivery } from "../../../bridge/reaction-store/service.ts"
import { type BatchId, eventId, type Topic } from "../../../contracts/ids.ts"
import { DeliveryId, ownTargets, type ReactionEvent } from "../../../contracts/reactions/delivery.ts"
import { encodeContent } from "../../../contracts/reactions/delivery-content.ts"
import type { Step } from "../../../contracts/reactions/rule.ts"

/** A request as templates see it. `forMs`: how long its deliveries are tried. Times: ms since 1970. */
export interface Occasion {
  readonly event: ReactionEvent
  readonly forMs: number
}

/** The topic of such events, for people: they are in no log. */
const topic = "notifications" as Topic

/** `key` makes the id: the same request at the same time has the same one. */
export const occasionOf = (
  type: string,
  key: string,
  params: Readonly<Record<string, string>>,
  now: number,
  forMs: number
): Occasion => {
  const digest = createHash("sha256").update(`${type} ${key}`).digest("hex")
  const batch = `${now.toString(16).padStart(12, "0").slice(-12)}${digest.slice(0, 20)}` as BatchId
  const lists = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, [value]]))
  return {
    event: { id: eventId(batch, 0), type, topic, time: now, params, lists, meta: {}, hops: 0 },
    forMs
  }
}

/** A gate that lets one delivery with the key pass per window of `windowMs`. */
export const oncePer = (key: string, { event }: Occasion, windowMs: number): Gate => ({
  kind: "once",
  key: `notifier ${key}`,
  at: event.time,
  until: event.time + windowMs
})

/** The delivery of one step. `rule`: its line in the ledger; `part`: the end of its id. */
export const deliveryOf = (
  { event, forMs }: Occasion,
  rule: string,
  part: string,
  step: Step,
  gates: ReadonlyArray<Gate>
): NewDelivery => ({
  id: DeliveryId.make(`${event.id}.${rule}.${part}`),
  rule,
  target: "notify" in step ? ownTargets.devices : ownTargets.queue,
  limits: { concurrency: undefined, perSecond: undefined },
  due: event.time,
  expires: event.time + forMs,
  content: encodeContent({ v: 1, event, steps: [step], at: 0, answers: {} }),
  gates
})
