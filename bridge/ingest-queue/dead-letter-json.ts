/** The text of a dead letter in the dead-letter list, the same in every implementation. */
import { Option, Schema } from "effect"
import { type DeadLetter, DeadLetterJson } from "../../contracts/dead-letter.ts"
import { type ByteString, textOf } from "../../contracts/event.ts"
import type { StoredDeadLetter } from "./service.ts"

const encode = Schema.encodeSync(DeadLetterJson)
const decode = Schema.decodeUnknownOption(DeadLetterJson)

/** How long a replay is remembered, milliseconds: a week. */
export const replayMemoryMs = 7 * 24 * 3_600_000

export const deadLetterText = (letter: DeadLetter): string => encode(letter)

/**
 * Parses an entry of the list. Other programs may write to the list too (raw lines of trackers, dead letters of older
 * versions without a topic): such an entry has its exact text only.
 */
export const storedDeadLetter = (text: ByteString): StoredDeadLetter => ({
  text,
  letter: Option.getOrUndefined(decode(textOf(text)))
})
