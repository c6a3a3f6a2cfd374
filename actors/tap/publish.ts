/**
 * Publishes copies of events as JSON for people, one event a message, on `spoor.tap.<stage>.<topic>`. Only so many a
 * second of each stage, however many actors run; how many were left out is told on `spoor.tap.dropped.<stage>.<topic>`.
 */
import { Clock, Effect, Metric } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { type Copies, type CopyStage, tapDroppedSubject, tapSubject } from "../../contracts/event-copy.ts"
import { Failure } from "../../contracts/failure.ts"
import { eventView } from "../inspect/events/event-view.ts"
import { readMask } from "../inspect/events/mask.ts"
import { shortView } from "../inspect/events/shorten-view.ts"
import { copiedRecords } from "../inspect/events/staged-event.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"
import { type CopyBudget, copyBudget } from "../runtime/publish/copy-budget.ts"
import { leftOut } from "../runtime/publish/event-copies.ts"
import { inertJson } from "./inert-json.ts"

/** How many characters of an event's texts are published, so that no event is larger than a message of NATS may be. */
const longest = 32_000

/** A function that publishes what copies show. Fails with `misconfigured` where nobody outside could hear it. */
export const publishTapped = Effect.gen(function* () {
  const bus = yield* MessageBus
  const mask = readMask(yield* viewerMask.config)
  if (bus.dependency.embedded) {
    const message = "tap publishes on NATS: set NATS_URL, or look with `bun run tap`, which asks the viewer"
    return yield* new Failure({ reason: "misconfigured", message })
  }
  const budgets: Readonly<Record<CopyStage, CopyBudget>> = {
    raw: copyBudget(),
    enriched: copyBudget(),
    stored: copyBudget(),
    rejected: copyBudget()
  }
  const publish = (subject: string, value: unknown): Effect.Effect<void> =>
    bus.publish(subject, new TextEncoder().encode(inertJson(value)))

  return Effect.fnUntraced(function* (copies: Copies) {
    const { stage, topic } = copies
    const budget = budgets[stage]
    const now = yield* Clock.currentTimeMillis
    let own = 0
    for (const record of copiedRecords(copies)) {
      if (!budget.isOpen(now)) {
        own += 1
        continue
      }
      budget.spend(record.value.length)
      yield* publish(tapSubject(stage, topic), shortView(eventView(record, mask), longest))
    }
    if (own > 0) yield* Metric.update(leftOut(stage), own)
    const dropped = copies.dropped + own
    if (dropped > 0) yield* publish(tapDroppedSubject(stage, topic), { stage, topic, dropped })
  })
})
