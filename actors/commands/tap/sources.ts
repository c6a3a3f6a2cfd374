/** The sources of the tap's events: copies on NATS, or the viewer's GET /live. */
import { Context, Effect, Layer, Stream } from "effect"
import { discover } from "../../../bridge/message-bus/micro-service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import { mayMatch } from "../../inspect/events/filter.ts"
import { readMask } from "../../inspect/events/mask.ts"
import type { EventView, LiveMessage } from "../../inspect/events/messages.ts"
import { copiedRecords } from "../../inspect/events/staged-event.ts"
import { viewerMask } from "../../inspect/viewer-settings.ts"
import { messageBus } from "../../runtime/dependencies.ts"
import { copiesOf } from "../../runtime/inbox/subscribe-copies.ts"
import { askViewer } from "../viewer-client.ts"
import type { TapRequest } from "./options.ts"

/** Events, oldest first. */
export interface TappedBatch {
  /** How many events passed since the previous batch, matching or not. */
  readonly seen: number
  /** The matching ones; one in `sample` of them. */
  readonly events: ReadonlyArray<EventView>
  /** How many events were dropped before these. */
  readonly dropped: number
  readonly sample: number
  /** True while the viewer cannot read the log. */
  readonly isBlind?: boolean
}

export interface TapSource {
  /** For people: the source of the events, and what may be missing there. */
  readonly notes: ReadonlyArray<string>
  readonly events: Stream.Stream<TappedBatch, Failure>
}

/** The actor that copies the events of each stage. */
const publishers: Readonly<Record<CopyStage, string>> = {
  raw: "drainer",
  enriched: "enricher",
  stored: "bridge",
  rejected: "drainer"
}

/** Copies on NATS. Fails with `unavailable` when NATS cannot be reached at the start. */
export const fromNats = Effect.fnUntraced(function* ({ stage, filter, isMatch }: TapRequest) {
  const bus = Context.get(yield* Layer.build(messageBus.layer), MessageBus)
  const mask = readMask(yield* viewerMask.config)
  const { address } = bus.dependency
  yield* Effect.mapError(
    bus.dependency.check,
    ({ message }) => new Failure({ reason: "unavailable", message: `NATS at ${address}: ${message}` })
  )
  const publisher = publishers[stage]
  const running = yield* discover(bus, "ping")
  const isThere = running.some(({ name }) => name === publisher)
  const mayBe = mayMatch(filter)
  return {
    notes: [
      `${stage} as it passes on NATS ${address}`,
      ...(isThere ? [] : [`no ${publisher} answers there: start one to see events`])
    ],
    events: Stream.map(
      copiesOf(bus, () => [stage], `spoor.copies.${stage}.>`),
      (copies) => {
        const records = copiedRecords(copies)
        return {
          seen: records.length,
          events: records
            .filter(mayBe)
            .map((record) => eventView(record, mask))
            .filter(isMatch),
          dropped: copies.dropped,
          sample: 1
        }
      }
    )
  } satisfies TapSource
})

/** Events of the viewer. Fails with `unavailable` when the viewer cannot be reached, or ends. */
export const fromViewer = Effect.fnUntraced(function* ({ stage, filter, isMatch }: TapRequest) {
  const { address, response } = yield* askViewer(`/live?${new URLSearchParams({ ...filter })}`, eventStream)
  const { body } = response
  if (body === null || !(response.headers.get("content-type") ?? "").startsWith(eventStream)) {
    return yield* new Failure({
      reason: "unavailable",
      message: `${address} is not a viewer of Spoor: correct VIEWER_URL`
    })
  }
  const ended = new Failure({ reason: "unavailable", message: `the viewer at ${address} has ended` })
  const seenIn = seenInMessages()
  const messages = Stream.fromReadableStream({ evaluate: () => body, onError: () => ended }).pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.flatMap((line) => Stream.fromIterable(messagesIn(line))),
    Stream.map((message) => ({
      seen: seenIn(message),
      events: message.events.filter(isMatch),
      dropped: message.dropped,
      sample: message.sample,
      isBlind: message.rate === null && stage === "stored"
    }))
  )
  return {
    notes: [`${stage} as the viewer at ${address} sees it`],
    events: Stream.concat(messages, Stream.fail(ended))
  } satisfies TapSource
})

const eventStream = "text/event-stream"

/**
 * How many events passed since the previous message. The viewer counts the events of the log, whatever the stage; its first
 * message holds recent events.
 */
const seenInMessages = () => {
  let before: number | undefined
  return ({ total, events }: LiveMessage): number => {
    const seen = before === undefined ? events.length : Math.max(0, total - before)
    before = total
    return Math.max(seen, events.length)
  }
}

/** The message of a `data:` line; none for other lines. */
const messagesIn = (line: string): ReadonlyArray<LiveMessage> => {
  if (!line.startsWith("data:")) return []
  try {
    const message = JSON.parse(line.slice("data:".length))
    return Array.isArray(message?.events) ? [message] : []
  } catch {
    return []
  }
}
