/**
 * Publishes copies of events as JSON, one event a message, on `spoor.tap.<stage>.<topic>`. The number per second and stage
 * is limited, however many actors run; the number of dropped events is published on `spoor.tap.dropped.<stage>.<topic>`.
 * Lives as long as the tap.
 */
import { Clock, Effect, Metric } from "effect"
import { readBusSettings } from "../../bridge/message-bus/layer.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { type Copies, type CopyStage, tapDroppedSubject, tapSubject } from "../../contracts/event-copy.ts"
import { Failure } from "../../contracts/failure.ts"
import { eventView } from "../inspect/events/event-view.ts"
import { readMask } from "../inspect/events/mask.ts"
import { shortView } from "../inspect/events/shorten-view.ts"
import { copiedRecords } from "../inspect/events/staged-event.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"
import { type CopyBudget, copyBudget } from "../runtime/publish/copy-budget.ts"
import { droppedCopiesOf } from "../runtime/publish/event-copies.ts"
import { inertJson } from "./inert-json.ts"

/** The maximum length of an event's texts, in characters, so that each event fits into a NATS message. */
const maxTextChars = 32_000

const withoutNats = Effect.fail(
  new Failure({
    reason: "misconfigured",
    message: "tap publishes on NATS: set NATS_URL, or use `bun run tap`, which reads from the viewer"
  })
)

/** Fails when the settings name no NATS. */
export const needsNats = Effect.flatMap(readBusSettings, ({ nats }) =>
  nats === undefined ? withoutNats : Effect.void
)

/** Makes the handler that publishes copies. Fails with `misconfigured` without NATS, since no client could subscribe. */
export const publishTapped = Effect.gen(function* () {
  const bus = yield* MessageBus
  const mask = readMask(yield* viewerMask.config)
  if (bus.dependency.embedded) return yield* withoutNats
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
    let overBudget = 0
    for (const record of copiedRecords(copies)) {
      if (!budget.isOpen(now)) {
        overBudget += 1
        continue
      }
      budget.spend(record.value.length)
      yield* publish(tapSubject(stage, topic), shortView(eventView(record, mask), maxTextChars))
    }
    if (overBudget > 0) yield* Metric.update(droppedCopiesOf(stage), overBudget)
    const dropped = copies.dropped + overBudget
    if (dropped > 0) yield* publish(tapDroppedSubject(stage, topic), { stage, topic, dropped })
  })
})
