/**
 * Messages that are pushes of edges over NATS. All receivers share them through the queue group. Lives as long as one run
 * of its actor.
 */
import { Effect, Result } from "effect"
import { readBusSettings } from "../../bridge/message-bus/layer.ts"
import { type BusRequest, MessageBus } from "../../bridge/message-bus/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { newestFormat } from "../../contracts/messages/format.ts"
import {
  type PushedLines,
  pushFormats,
  pushQueue,
  pushSubject,
  writePushedReply
} from "../../contracts/messages/pushed-lines.ts"
import { readEdgeLines } from "../../gateway/edge/check-lines.ts"
import type { Inbox } from "../runtime/actor.ts"
import { Self } from "../runtime/actor-context.ts"
import { Deadline } from "../runtime/deadline.ts"
import { inRequest } from "../runtime/telemetry/spans.ts"
import { readTopics, topicSettings } from "../transform/topics.ts"

/** No edge could reach the receiver. */
const withoutNats = Effect.fail(
  new Failure({
    reason: "misconfigured",
    message:
      "receiver takes lines of edges over NATS: set NATS_URL, or let edges push over HTTP to a gateway with EDGE_SECRET"
  })
)

const needsNats = Effect.flatMap(readBusSettings, ({ nats }) =>
  nats === undefined ? withoutNats : Effect.void
)

/**
 * Serves the pushes of edges. Each gets exactly one reply: that the queue has its lines, or the failure it ended with. A
 * full mailbox replies `busy`; a message that cannot be decoded, or is over a limit, is not delivered.
 */
export const pushes: Inbox<PushedLines, void, MessageBus> = {
  describes: `requests on ${pushSubject} (group ${pushQueue})`,
  settings: topicSettings,
  checks: [needsNats, readTopics],
  serves: { subject: pushSubject, queue: pushQueue },
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus
    const { standard } = yield* readTopics
    const { instance, setServed } = yield* Self
    if (bus.dependency.embedded) return yield* withoutNats

    const receive = Effect.fnUntraced(function* ({ payload, deadline, traceparent }: BusRequest) {
      const pushed = yield* Effect.try({
        try: () => readEdgeLines(payload, standard),
        catch: (cause) => cause as Failure
      })
      const { id, lines } = pushed
      const delivered = Effect.provideService(
        mailbox.deliver(pushed, { events: lines.length }),
        Deadline,
        deadline
      )
      yield* inRequest(
        "push",
        traceparent,
        { "spoor.push.id": id, "spoor.push.lines": lines.length },
        delivered
      )
      return { id, count: lines.length }
    })

    const answer = (request: BusRequest) =>
      Effect.map(Effect.result(receive(request)), (result) => ({
        payload: writePushedReply(Result.isSuccess(result) ? result.success : result.failure),
        format: newestFormat
      }))
    yield* bus.serve(pushSubject, pushQueue, answer, instance)
    setServed?.([
      {
        subject: pushSubject,
        queue: pushQueue,
        formats: pushFormats,
        request: "pushed-lines",
        reply: "pushed-reply"
      }
    ])
    return Effect.never
  })
}
