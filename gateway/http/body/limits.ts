/** How much of a body is read and kept, and for how long a client may take to send it. */
import { Duration } from "effect"
import { setting } from "../../../contracts/setting.ts"
import { count, duration, size } from "../../../contracts/setting-readers.ts"
import { HttpError } from "../errors.ts"

export interface BodyLimits {
  /** Bytes as they are sent. */
  readonly sentBytes: number
  /** Bytes once they are decompressed; also of a body that was never compressed. */
  readonly bytes: number
  /** Events in one request. */
  readonly events: number
  /** Milliseconds until the whole body must be there. */
  readonly patience: number
  /**
   * Reserves memory for a body, piece by piece as it comes; returns what gives it back, or undefined when there is none
   * left: the client is told 503.
   */
  readonly reserve?: ((bytes: number) => (() => void) | undefined) | undefined
}

export const standardBodyLimits: BodyLimits = {
  sentBytes: 1024 * 1024,
  bytes: 1024 * 1024,
  events: 1_000,
  patience: 10_000
}

/** What the parameters of one event may weigh, percent-encoded as its line has them, in bytes. */
export const maxQueryBytes = 65_536

/** How many values one event may have, and how deep they may lie in each other. */
export const maxValues = 256
export const maxDepth = 8

export const eventTooLarge = (): HttpError =>
  new HttpError("too-large", `The parameters of an event may weigh ${maxQueryBytes} bytes.`)

export const tooManyValues = (): HttpError =>
  new HttpError("bad-request", `An event may have ${maxValues} values.`)

export const gatewayMaxBody = setting(
  "GATEWAY_MAX_BODY",
  size(),
  standardBodyLimits.sentBytes,
  "What the body of a request may weigh as it is sent; more is answered with 413.",
  "1MiB"
)

export const gatewayMaxInflated = setting(
  "GATEWAY_MAX_INFLATED",
  size(),
  standardBodyLimits.bytes,
  "What the body of a request may weigh once it is decompressed; more is answered with 413.",
  "1MiB"
)

export const gatewayMaxBatch = setting(
  "GATEWAY_MAX_BATCH",
  count(),
  standardBodyLimits.events,
  "Events (or lines of a server log) that one request may send; more are answered with 413."
)

export const gatewayBodyTimeout = setting(
  "GATEWAY_BODY_TIMEOUT",
  duration("seconds", 1),
  Duration.millis(standardBodyLimits.patience),
  "How long a client may take to send the body of a request; then it is answered with 408.",
  "10s"
)

export const bodySettings = { gatewayMaxBody, gatewayMaxInflated, gatewayMaxBatch, gatewayBodyTimeout }

/** The limits that the settings say. */
export const bodyLimitsOf = (settings: {
  readonly gatewayMaxBody: number
  readonly gatewayMaxInflated: number
  readonly gatewayMaxBatch: number
  readonly gatewayBodyTimeout: Duration.Duration
}): BodyLimits => ({
  sentBytes: settings.gatewayMaxBody,
  bytes: settings.gatewayMaxInflated,
  events: settings.gatewayMaxBatch,
  patience: Duration.toMillis(settings.gatewayBodyTimeout)
})
