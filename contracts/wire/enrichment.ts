/** What a record says of an event beyond its line: the device and the place it came from, and when that was found out. */
import type { ByteString } from "../event.ts"

/** `Unknown` only without a user agent; `Desktop` also stands for whatever nothing else is known of. */
export type DeviceType = "Desktop" | "Mobile" | "Tablet" | "TV" | "Console" | "Wearable" | "Bot" | "Unknown"

/** Read from a user agent; empty where unknown. The texts are bytes, because they are parts of one. */
export interface Device {
  readonly type: DeviceType
  readonly browser: ByteString
  readonly engine: ByteString
  /** Of the browser. */
  readonly version: ByteString
  /** Short: `Mac`, `Windows`, `Linux`, `iOS`, `Android`, … */
  readonly os: ByteString
  /** `Pixel 8`, `iPhone`, … */
  readonly model: ByteString
  /** `Googlebot`, … Empty for a bot that does not give its name, and for all others. */
  readonly botName: ByteString
  /** What a pushtech record says of it (record.ts), where that was written already. */
  readonly meta?: ByteString
}

export interface Enrichment {
  readonly device: Device
  /** ISO 3166 alpha-2, and the city's English name as text; `XX` where unknown. */
  readonly place: { readonly country: string; readonly city: string }
  /** The moment from which the lag is counted, milliseconds since 1970. */
  readonly now: number
}
