/** The cases of the external contract (wire.json), typed. */
import type { ByteString } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { LineSettings } from "../../../contracts/wire/line.ts"
import wire from "./wire.json" with { type: "json" }

export interface Vector {
  readonly line: string
  readonly dialect: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly event: string
  readonly params: string
  readonly meta?: Readonly<Record<string, string | undefined>>
  readonly topic?: string
  /** The whole record. */
  readonly value?: string
}

export const vectors: ReadonlyArray<Vector> = [...wire.pushtech, ...wire.adtekio]

export const deadLetters: ReadonlyArray<{ readonly line: string; readonly reason: string }> = wire.dead_letter

/** The topics that the vectors name are allowed. */
export const settings: LineSettings = {
  topic: "events" as Topic,
  topics: new Set(["clicks", "example"])
}

export const bytes = (text: string): ByteString => text as ByteString
