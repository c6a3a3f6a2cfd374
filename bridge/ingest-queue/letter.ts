/** The text of a dead letter, as it stands in the dead-letter list of every implementation. */
import { Schema } from "effect"
import { type DeadLetter, DeadLetterJson } from "../../contracts/dead-letter.ts"

const encode = Schema.encodeSync(DeadLetterJson)

export const letterText = (letter: DeadLetter): string => encode(letter)
