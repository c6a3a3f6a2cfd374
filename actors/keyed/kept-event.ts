/** An event as data: what a keyed actor keeps of one in its state, or passes on to another key. */
import { Schema } from "effect"
import { Topic } from "../../contracts/ids.ts"

/**
 * The schema of an event in the state of a key: what `event.keep()` returns. `text`: the record, one character per byte. `at`
 * and `received`: milliseconds since 1970, as in `KeyedEvent`.
 *
 * @example
 * ```ts
 * state: Schema.Struct({ last: KeptEvent })
 * ```
 */
export const KeptEvent = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  ...{ topic: Topic, at: Schema.Number, received: Schema.Number, hops: Schema.Number, text: Schema.String }
})
export type KeptEvent = typeof KeptEvent.Type
