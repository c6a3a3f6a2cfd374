/**
 * Messages that are requests to an enrichment step: finished records to which it may add parameters. All instances of a
 * step share them through the queue group. Lives as long as one run of its actor.
 */
import { Effect, Result } from "effect"
import { type BusRequest, MessageBus } from "../../../bridge/message-bus/service.ts"
import type { EnrichedBatch } from "../../../contracts/batch.ts"
import type { Failure } from "../../../contracts/failure.ts"
import {
  readStepRequest,
  type StepResult,
  stepQueue,
  stepSubject,
  writeStepReply
} from "../../../contracts/messages/step.ts"
import type { Inbox } from "../actor.ts"
import { Self } from "../actor-context.ts"
import { Deadline } from "../deadline.ts"
import { inRequest } from "../telemetry/spans.ts"

/**
 * Serves the step of that name. Each request gets exactly one reply: the handler's result, or the failure it ended with
 * (`busy` when the mailbox is full, `crashed` when the handler crashed).
 */
export const stepRequests = (
  name: string,
  subject = stepSubject(name),
  queue = stepQueue(name)
): Inbox<EnrichedBatch, StepResult, MessageBus> => ({
  describes: `requests on ${subject} (group ${queue})`,
  settings: [],
  serves: { subject, queue },
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus
    const { instance, setServed } = yield* Self

    const receive = Effect.fnUntraced(function* ({ payload, deadline, traceparent }: BusRequest) {
      const request = yield* Effect.try({
        try: () => readStepRequest(payload),
        catch: (cause) => cause as Failure
      })
      const weight = { events: request.events.length, oldest: request.claimed }
      const delivered = Effect.provideService(mailbox.deliver(request, weight), Deadline, deadline)
      const attributes = { "spoor.batch.id": request.id, "spoor.batch.events": weight.events }
      return yield* inRequest(`step ${name}`, traceparent, attributes, delivered)
    })

    const answer = (request: BusRequest) =>
      Effect.map(Effect.result(receive(request)), (result) => ({
        payload: writeStepReply(Result.isSuccess(result) ? result.success : result.failure),
        format: 2
      }))
    yield* bus.serve(subject, queue, answer, instance)
    setServed?.([{ subject, queue, formats: [2], request: "step-request", reply: "step-reply" }])
    return Effect.never
  })
})
