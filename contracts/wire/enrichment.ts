/** The data that enrichment adds to an event: the device, the place, and the time of enrichment. */
import type { ByteString } from "../event.ts"

/** `Unknown` only without a user agent; `Desktop` also for a user agent that matches no other type. */
export type DeviceType = "Desktop" | "Mobile" | "Tablet" | "TV" | "Console" | "Wearable" | "Bot" | "Unknown"

/** Detected from a user agent; empty where unknown. The texts are `ByteString`, because they are parts of the user agent. */
export interface Device {
  readonly type: DeviceType
  readonly browser: ByteString
  readonly engine: ByteString
  /** The version of the browser. */
  readonly version: ByteString
  /** Short: `Mac`, `Windows`, `Linux`, `iOS`, `Android`, … */
  readonly os: ByteString
  /** `Pixel 8`, `iPhone`, … */
  readonly model: ByteString
  /** `Googlebot`, … Empty for a bot without a name, and for all other devices. */
  readonly botName: ByteString
  /** The device's part of a pushtech record (record.ts), when it is formatted already. */
  readonly meta?: ByteString
}

export interface Enrichment {
  readonly device: Device
  /** ISO 3166 alpha-2, and the city's English name as text; `XX` where unknown. */
  readonly place: { readonly country: string; readonly city: string }
  /** The time of enrichment, from which the lag is computed, milliseconds since 1970. */
  readonly now: number
}
