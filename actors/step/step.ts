/**
 * An enrichment step in TypeScript: an actor that adds parameters to events by a function. It runs beside the pipeline, in
 * any number of copies, and is asked while `ENRICH_STEPS` of the enricher names it.
 */
import { Effect } from "effect"
import type { EnrichedBatch } from "../../contracts/batch.ts"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { StepResult } from "../../contracts/messages/step.ts"
import { splitRecord } from "../../contracts/wire/record.ts"
import { CountedEvent } from "../inspect/counters/counted-event.ts"
import * as Actor from "../runtime/actor.ts"
import { messageBus } from "../runtime/dependencies.ts"
import { stepRequests } from "../runtime/inbox/step-requests.ts"

/** What a step is: its sentence for `--list`, and its function of one event. */
export interface Step {
  readonly summary: string
  /**
   * The parameters to add to the event: the step's own name and names that begin with it and `_`; none for an event that
   * it has nothing to say about. Called for every event. When it throws, the event goes on without them (optional step)
   * or becomes a dead letter (required step).
   */
  readonly add: (event: CountedEvent) => Readonly<Record<string, string>>
}

/**
 * Makes the step of that name (lower-case letters, digits and `_`).
 *
 * @example
 * ```ts
 * export const Weekday = step("weekday", {
 *   summary: "Adds the day of the week.",
 *   add: (event) => ({ weekday: String(new Date(Number(event.meta("ts"))).getUTCDay()) })
 * })
 * ```
 */
export const step = (name: string, { summary, add }: Step): Actor.Actor =>
  Actor.make(
    name,
    {
      summary,
      receives: stepRequests(name),
      sends: "parameters to the enricher",
      requires: [messageBus],
      concurrency: 16,
      waiting: 64
    },
    Effect.succeed((batch: EnrichedBatch) => Effect.sync(() => addToEvents(batch, add)))
  )

const addToEvents = ({ id, digest, events }: EnrichedBatch, add: Step["add"]): StepResult => {
  const added: Array<StepResult["added"][number]> = []
  const failed: Array<StepResult["failed"][number]> = []
  for (const { index, value, received } of events) {
    try {
      const split = splitRecord(byteStringOf(value))
      const params = split === undefined ? {} : add(new CountedEvent(split, received))
      if (Object.keys(params).length > 0) added.push({ index, params })
    } catch (cause) {
      failed.push({ index, message: String(cause) })
    }
  }
  return { id, digest, added, failed }
}
