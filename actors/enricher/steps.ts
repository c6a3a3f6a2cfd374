/**
 * The enrichment steps of this installation (`ENRICH_STEPS`), asked in turn: each sees the parameters of those before it.
 * Lives as long as the enricher; without steps a batch passes unchanged.
 */
import { Effect } from "effect"
import type { EnrichedBatch, Rejection } from "../../contracts/batch.ts"
import { type EnrichmentStep, readSteps } from "../../contracts/enrichment-step.ts"
import type { EnrichedEvent } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import { Store } from "../../contracts/requests.ts"
import { addParams } from "../transform/add-params.ts"
import { makeAskStep, type StepVerdicts } from "./ask-step.ts"

/** Time that remains of a message's deadline for the bridge and the way there and back, milliseconds. */
const reservedMs = Store.timeout + 200

export interface Stepped {
  readonly events: ReadonlyArray<EnrichedEvent>
  readonly rejected: ReadonlyArray<Rejection>
}

/**
 * Makes the function that passes a batch through all steps. It fails as a required step fails; an event that a required
 * step cannot handle is rejected. A batch without events probes the required steps.
 */
export const makeSteps = Effect.gen(function* () {
  const steps = yield* Effect.forEach(yield* readSteps, (step) =>
    Effect.map(makeAskStep(step, reservedMs), (ask) => ({ step, ask }))
  )
  return Effect.fnUntraced(function* (batch: EnrichedBatch): Effect.fn.Return<Stepped, Failure> {
    let events = batch.events
    const rejected: Array<Rejection> = []
    for (const { step, ask } of steps) {
      if (events.length === 0 && (rejected.length > 0 || !step.isRequired)) continue
      const verdicts = yield* ask({ ...batch, events })
      if (step.isRequired) rejected.push(...rejectionsOf(step, verdicts, events))
      events = apply(step, verdicts, events)
    }
    return { events, rejected }
  })
})

/** The events with the step's parameters, without those that a required step cannot handle. */
const apply = (
  { isRequired }: EnrichmentStep,
  { added, failed }: StepVerdicts,
  events: ReadonlyArray<EnrichedEvent>
): ReadonlyArray<EnrichedEvent> => {
  if (added.length === 0 && (failed.length === 0 || !isRequired)) return events
  const params = new Map(added.map((one) => [one.index, one.params]))
  const gone = new Set(isRequired ? failed.map(({ index }) => index) : [])
  return events.flatMap((event) => {
    if (gone.has(event.index)) return []
    const own = params.get(event.index)
    return [own === undefined ? event : { ...event, value: addParams(event.value, own) }]
  })
}

const rejectionsOf = (
  { name }: EnrichmentStep,
  { failed }: StepVerdicts,
  events: ReadonlyArray<EnrichedEvent>
): ReadonlyArray<Rejection> => {
  const topics = new Map(events.map(({ index, topic }) => [index, topic]))
  return failed.flatMap(({ index, message }) => {
    const topic = topics.get(index)
    const detail = `the enrichment step ${name}: ${message}`
    return topic === undefined
      ? []
      : [{ index, topic, stage: "enricher" as const, reason: "not enriched" as const, detail }]
  })
}
