/** Limits of request bodies: size, time and memory. */
import { Duration } from "effect"
import { setting } from "../../../contracts/setting.ts"
import { duration, size } from "../../../contracts/setting-readers.ts"

export interface BodyLimits {
  /** Bytes as sent. */
  readonly sentBytes: number
  /** Bytes after decompression; applies to uncompressed bodies too. */
  readonly bytes: number
  /** The time until the body must be complete. */
  readonly timeoutMs: number
  /**
   * Reserves memory for a body, in steps as it arrives. Returns a function that releases it, or undefined when no memory
   * is left: the client gets 503.
   */
  readonly reserve?: ((bytes: number) => (() => void) | undefined) | undefined
}

export const standardBodyLimits: BodyLimits = {
  sentBytes: 1024 * 1024,
  bytes: 1024 * 1024,
  timeoutMs: 10_000
}

export const gatewayMaxBody = setting(
  "GATEWAY_MAX_BODY",
  size(),
  standardBodyLimits.sentBytes,
  "Maximum size of a request body as sent; a larger one is answered with 413.",
  "1MiB"
)

export const gatewayMaxInflated = setting(
  "GATEWAY_MAX_INFLATED",
  size(),
  standardBodyLimits.bytes,
  "Maximum size of a request body after decompression; a larger one is answered with 413.",
  "1MiB"
)

export const gatewayBodyTimeout = setting(
  "GATEWAY_BODY_TIMEOUT",
  duration("seconds", 1),
  Duration.millis(standardBodyLimits.timeoutMs),
  "The time for a client to send a request body; a slower one is answered with 408.",
  "10s"
)
