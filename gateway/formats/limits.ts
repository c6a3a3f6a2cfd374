/** Limits of the events in a request, beside those of its body. */
import { Duration } from "effect"
import { setting } from "../../contracts/setting.ts"
import { count } from "../../contracts/setting-readers.ts"
import {
  type BodyLimits,
  gatewayBodyTimeout,
  gatewayMaxBody,
  gatewayMaxInflated,
  standardBodyLimits
} from "../http/body/limits.ts"
import { HttpError } from "../http/errors.ts"

export interface FormatLimits extends BodyLimits {
  /** Events, or lines of a server log, in one request. */
  readonly events: number
}

export const standardFormatLimits: FormatLimits = { ...standardBodyLimits, events: 1_000 }

/** Maximum size of an event's parameters, percent-encoded as in its line, bytes. */
export const maxQueryBytes = 65_536

export const parametersExceedLimit = `The parameters of the event exceed ${maxQueryBytes} bytes.`

export const eventTooLarge = (): HttpError => new HttpError("too-large", parametersExceedLimit)

export const gatewayMaxBatch = setting(
  "GATEWAY_MAX_BATCH",
  count(),
  standardFormatLimits.events,
  "Maximum events (or lines of a server log) in one request; more are answered with 413."
)

export const bodySettings = { gatewayMaxBody, gatewayMaxInflated, gatewayMaxBatch, gatewayBodyTimeout }

/** The limits from the settings. */
export const bodyLimitsOf = (settings: {
  readonly gatewayMaxBody: number
  readonly gatewayMaxInflated: number
  readonly gatewayMaxBatch: number
  readonly gatewayBodyTimeout: Duration.Duration
}): FormatLimits => ({
  sentBytes: settings.gatewayMaxBody,
  bytes: settings.gatewayMaxInflated,
  events: settings.gatewayMaxBatch,
  timeoutMs: Duration.toMillis(settings.gatewayBodyTimeout)
})
