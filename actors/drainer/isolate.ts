/** Finds the event that crashes whoever handles it, so that the others of its batch can go on without it. */
import { Effect } from "effect"
import { mergeReceipts, type RawBatch, type Receipt } from "../../contracts/batch.ts"
import type { Failure } from "../../contracts/failure.ts"

/** So many attempts at a batch as a whole may crash before its guilty events are looked for. */
export const attemptsAllowed = 3

type AskEnricher = (batch: RawBatch) => Effect.Effect<Receipt, Failure>

/** Asks in ever smaller halves where asking crashes; an event that crashes alone is rejected with what was said. */
export const isolate =
  (askEnricher: AskEnricher): AskEnricher =>
  (batch) =>
    Effect.catchIf(
      askEnricher(batch),
      ({ reason }) => reason === "crashed",
      ({ message }) => {
        const { id, events } = batch
        if (events.length <= 1) {
          const crash = { stage: "enricher", reason: "crashed", detail: message } as const
          const rejected = events.map(({ index }) => ({ index, ...crash }))
          return Effect.succeed({ id, stored: 0, placements: [], rejected })
        }
        const middle = events.length >> 1
        const halves = [events.slice(0, middle), events.slice(middle)]
        return Effect.forEach(halves, (half) => isolate(askEnricher)({ ...batch, events: half })).pipe(
          Effect.map((receipts) => mergeReceipts(id, receipts))
        )
      }
    )
