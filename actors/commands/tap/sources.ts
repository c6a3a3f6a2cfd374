/** Where the tap's events come from: copies on NATS, or the viewer's GET /live. */
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
import { watchCopies } from "../../runtime/inbox/subscribe-copies.ts"
import { askViewer } from "../viewer-client.ts"
import type { Tapping } from "./options.ts"

/** Some events, oldest first, and how many were left out before them; of those wanted one in `sample` is there. */
export interface Tapped {
  /** Events that passed since the message before, wanted or not. */
  readonly seen: number
  readonly events: ReadonlyArray<EventView>
  readonly dropped: number
  readonly sample: number
  /** The viewer cannot read the log now. */
  readonly isBlind?: boolean
}

export interface TapSource {
  /** For a person: where it looks, and what may be missing there. */
  readonly says: ReadonlyArray<string>
  readonly events: Stream.Stream<Tapped, Failure>
}

/** Who sees which stage pass. */
const publishers: Readonly<Record<CopyStage, string>> = {
  raw: "drainer",
  enriched: "enricher",
  stored: "bridge",
  rejected: "drainer"
}

/** Copies on NATS. Fails with `unavailable` when it cannot be reached at the start. */
export const fromNats = Effect.fnUntraced(function* ({ stage, filter, isWanted }: Tapping) {
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
    says: [
      `${stage} as it passes on NATS ${address}`,
      ...(isThere ? [] : [`no ${publisher} answers there, so there is nothing to see until one runs`])
    ],
    events: Stream.map(
      watchCopies(bus, () => [stage], `spoor.copies.${stage}.>`),
      (copies) => {
        const records = copiedRecords(copies)
        return {
          seen: records.length,
          events: records
            .filter(mayBe)
            .map((record) => eventView(record, mask))
            .filter(isWanted),
          dropped: copies.dropped,
          sample: 1
        }
      }
    )
  } satisfies TapSource
})

/** What the viewer shows. Fails with `unavailable` when it cannot be reached, or ends. */
export const fromViewer = Effect.fnUntraced(function* ({ stage, filter, isWanted }: Tapping) {
  const { address, response } = yield* askViewer(`/live?${new URLSearchParams({ ...filter })}`, eventStream)
  const { body } = response
  if (body === null || !(response.headers.get("content-type") ?? "").startsWith(eventStream)) {
    return yield* new Failure({ reason: "unavailable", message: `no viewer of ours answers at ${address}` })
  }
  const ended = new Failure({ reason: "unavailable", message: `the viewer at ${address} has ended` })
  const seenIn = seenInMessages()
  const messages = Stream.fromReadableStream({ evaluate: () => body, onError: () => ended }).pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.flatMap((line) => Stream.fromIterable(messagesIn(line))),
    Stream.map((message) => ({
      seen: seenIn(message),
      events: message.events.filter(isWanted),
      dropped: message.dropped,
      sample: message.sample,
      isBlind: message.rate === null && stage === "stored"
    }))
  )
  return {
    says: [`${stage} as the viewer at ${address} sees it`],
    events: Stream.concat(messages, Stream.fail(ended))
  } satisfies TapSource
})

const eventStream = "text/event-stream"

/**
 * How many events passed since the message before. The viewer counts those of the log, at whichever stage it is asked to
 * look; at the beginning it shows some that it has kept.
 */
const seenInMessages = () => {
  let before: number | undefined
  return ({ total, events }: LiveMessage): number => {
    const seen = before === undefined ? events.length : Math.max(0, total - before)
    before = total
    return Math.max(seen, events.length)
  }
}

/** The message of a `data:` line; other lines are none. */
const messagesIn = (line: string): ReadonlyArray<LiveMessage> => {
  if (!line.startsWith("data:")) return []
  try {
    const message = JSON.parse(line.slice("data:".length))
    return Array.isArray(message?.events) ? [message] : []
  } catch {
    return []
  }
}
