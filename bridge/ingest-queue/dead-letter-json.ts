/** The text of a dead letter, as it stands in the dead-letter list of every implementation, and back. */
import { Option, Schema } from "effect"
import { type DeadLetter, DeadLetterJson } from "../../contracts/dead-letter.ts"
import { type ByteString, textOf } from "../../contracts/event.ts"
import type { StoredDeadLetter } from "./service.ts"

const encode = Schema.encodeSync(DeadLetterJson)
const decode = Schema.decodeUnknownOption(DeadLetterJson)

/** How long a replay is remembered, milliseconds. */
export const replayMemory = 7 * 24 * 3_600_000

export const deadLetterText = (letter: DeadLetter): string => encode(letter)

/**
 * Anything may stand in the list: raw lines that other trackers set aside, envelopes of another version (before letters
 * named their topic, for one). What does not decode is of another's making: it keeps its exact text and nothing else.
 */
export const storedDeadLetter = (text: ByteString): StoredDeadLetter => ({
  text,
  letter: Option.getOrUndefined(decode(textOf(text)))
})
