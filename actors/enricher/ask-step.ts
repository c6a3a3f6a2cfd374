/**
 * Asks one enrichment step about the records of a batch. The step's verdicts are checked: an answer about another batch,
 * about unknown events or with parameters under foreign names is a failure, never a change of an event. Keeps no state
 * but its outage, which lives as long as the enricher.
 */
import { Clock, Effect } from "effect"
import { type BusReply, MessageBus } from "../../bridge/message-bus/service.ts"
import { logWith, makeOutage } from "../../bridge/outage.ts"
import type { EnrichedBatch } from "../../contracts/batch.ts"
import { type EnrichmentStep, isParamOf } from "../../contracts/enrichment-step.ts"
import { Failure } from "../../contracts/failure.ts"
import { unreadable } from "../../contracts/messages/columns.ts"
import {
  readStepReply,
  type StepResult,
  stepSubject,
  writeStepRequest
} from "../../contracts/messages/step.ts"
import { nameOfInstance } from "../runtime/bad-reply.ts"
import { Deadline } from "../runtime/deadline.ts"
import { minTimeLeftMs } from "../runtime/mailbox.ts"
import { currentTraceparent } from "../runtime/telemetry/spans.ts"
import { makeStepFigures } from "./step-figures.ts"

/** The step's answer about the events of a batch. */
export type StepVerdicts = Pick<StepResult, "added" | "failed">

/** Asks the step; without its answer fails (required) or returns no verdicts (optional). */
export type AskStep = (batch: EnrichedBatch) => Effect.Effect<StepVerdicts, Failure>

const none: StepVerdicts = { added: [], failed: [] }

/**
 * Makes the function that asks this step. It waits at most `timeoutMs`, and leaves `reservedMs` of the message's deadline
 * to what comes after the step.
 */
export const makeAskStep = Effect.fnUntraced(function* (step: EnrichmentStep, reservedMs: number) {
  const bus = yield* MessageBus
  const figures = yield* makeStepFigures(step.name)
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const outage = makeOutage({ name: `The enrichment step ${step.name}`, log })
  const asking = outage.operation({
    meanwhile: step.isRequired
      ? "Batches wait in the queue until it answers."
      : "Events go on without its parameters."
  })

  const shortestMs = Math.min(minTimeLeftMs, step.timeoutMs)
  // A timer may fire a little early.
  const earlyMs = shortestMs / 2

  const send = Effect.fnUntraced(function* (batch: EnrichedBatch) {
    const now = yield* Clock.currentTimeMillis
    const deadline = Math.min(now + step.timeoutMs, (yield* Deadline) - reservedMs)
    if (deadline - now < shortestMs)
      return yield* fail("expired", `the deadline leaves no time for the enrichment step ${step.name}`)
    const traceparent = yield* currentTraceparent
    const payload = writeStepRequest(batch)
    const request = {
      subject: stepSubject(step.name),
      payload,
      format: 2,
      deadline,
      ...(traceparent && { traceparent })
    }
    const answer = yield* Effect.catch(bus.exchange(request), (failure) =>
      Effect.flatMap(Clock.currentTimeMillis, (end) => asNoAnswer(step, failure, end + earlyMs >= deadline))
    )
    const verdicts = yield* Effect.try({
      try: () => readVerdicts(answer, batch, step.name),
      catch: (cause) => cause as Failure
    })
    figures.took((yield* Clock.currentTimeMillis) - now)
    figures.count("added", verdicts.added.length)
    figures.count("failed", verdicts.failed.length)
    figures.count("unchanged", batch.events.length - verdicts.added.length - verdicts.failed.length)
    return verdicts
  })

  const sendInParts: AskStep = (batch) =>
    Effect.catchIf(
      send(batch),
      ({ reason }) => reason === "too-large",
      ({ message }) => {
        const { events } = batch
        if (events.length <= 1)
          return Effect.succeed({ ...none, failed: events.map(({ index }) => ({ index, message })) })
        const middle = events.length >> 1
        const parts = [events.slice(0, middle), events.slice(middle)]
        return Effect.map(
          Effect.forEach(parts, (part) => sendInParts({ ...batch, events: part })),
          (all) => ({
            added: all.flatMap(({ added }) => added),
            failed: all.flatMap(({ failed }) => failed)
          })
        )
      }
    )

  return (batch: EnrichedBatch): Effect.Effect<StepVerdicts, Failure> =>
    Effect.suspend(() => sendInParts(batch)).pipe(
      Effect.tap(() => Effect.sync(asking.worked)),
      Effect.tapError(({ reason, message }) =>
        Effect.sync(() => {
          figures.count(reason, batch.events.length)
          asking.failed(message.replace(`the enrichment step ${step.name}`, "").replace(/^[: ]+/, ""))
        })
      ),
      (asked) => (step.isRequired ? asked : Effect.catch(asked, () => Effect.succeed(none)))
    )
})

/** Throws `Failure` for an answer that is not a valid one to this request. */
const readVerdicts = (answer: BusReply, batch: EnrichedBatch, step: string): StepVerdicts => {
  const indices = batch.events.map(({ index }) => index)
  const verdicts = naming(answer, () => readStepReply(answer.payload, batch, indices))
  for (const { index, params } of verdicts.added)
    for (const name of Object.keys(params))
      if (!isParamOf(step, name))
        throw unreadable(
          `${nameOfInstance(answer)} added the parameter ${JSON.stringify(name.slice(0, 40))} to event ${index}: it may add ${step} and names that begin with ${step}_`
        )
  return verdicts
}

/** Names the instance that replied in the failure of an invalid reply. */
const naming = <A>(answer: BusReply, read: () => A): A => {
  try {
    return read()
  } catch (cause) {
    const { reason, message } = cause as Failure
    throw new Failure({ reason, message: `${nameOfInstance(answer)}: ${message}` })
  }
}

const fail = (reason: Failure["reason"], message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason, message }))

/**
 * A step that did not reply until the deadline may have crashed on this batch, as any responder. An earlier timeout is
 * reported by a lost connection, or by an instance that stops: an outage, and it stays one.
 */
const asNoAnswer = (
  step: EnrichmentStep,
  { reason, message }: Failure,
  isAtDeadline: boolean
): Effect.Effect<never, Failure> =>
  reason === "timeout" && isAtDeadline
    ? fail("no-answer", `the enrichment step ${step.name} did not answer within ${step.timeoutMs} ms`)
    : fail(reason, `the enrichment step ${step.name}: ${message}`)
