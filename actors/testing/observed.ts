/** What an actor under test publishes and logs, kept for the test. Lives as long as the test. */
import { Cause, Effect, Logger, Stream } from "effect"
import type { MessageBus } from "../../bridge/message-bus/service.ts"
import { decode } from "../../contracts/messages/msgpack.ts"
import { asText } from "../runtime/json-log.ts"

/** A message that was published, or a request that was sent, on the bus. */
export interface PublishedMessage {
  readonly subject: string
  readonly payload: Uint8Array
  /** The payload read as MessagePack; undefined when it is none. */
  readonly message: unknown
}

/** Collects the messages of all subjects until the scope closes. */
export const watchBus = Effect.fnUntraced(function* (bus: MessageBus["Service"]) {
  const published: Array<PublishedMessage> = []
  yield* Effect.forkScoped(
    Stream.runForEach(bus.subscribe(">"), ({ subject, payload }) =>
      Effect.sync(() => {
        published.push({ subject, payload, message: messageIn(payload) })
      })
    ),
    { startImmediately: true }
  )
  return published as ReadonlyArray<PublishedMessage>
})

const messageIn = (payload: Uint8Array): unknown => {
  try {
    return decode(payload)
  } catch {
    return undefined
  }
}

/** Writes each line of the log to `lines`: its level, its message, and its cause. */
export const writeLog = (lines: Array<string>): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, logLevel, message }) => {
    const texts = (Array.isArray(message) ? (message as ReadonlyArray<unknown>) : [message]).map(asText)
    const why = cause.reasons.length === 0 ? [] : [Cause.pretty(cause)]
    lines.push([logLevel, ...texts, ...why].join(" "))
  })
