/** The rule of a counter: what one event adds to its tables. Pure; shared by the counting actors and the viewer. */
import type { Increment } from "../../../bridge/projection-store/service.ts"
import type { CountedEvent } from "./counted-event.ts"

/**
 * The description and the rule of a counter.
 *
 * @example
 * ```ts
 * const byCountry: Counting = {
 *   summary: "Counts events by country.",
 *   count: (event) => [{ table: "by-country", key: event.meta("country"), by: 1 }]
 * }
 * ```
 */
export interface Counting {
  readonly summary: string
  /** What one event adds to which tables. Called per event; never throws. */
  readonly count: (event: CountedEvent) => ReadonlyArray<Increment>
}

/** The maximum length of a stored key, in characters; keys come from clients. */
const maxKeyChars = 200

/** The increments with keys cut to the maximum length. */
export const withShortKeys = (increments: ReadonlyArray<Increment>): ReadonlyArray<Increment> =>
  increments.some(({ key }) => key.length > maxKeyChars) ? increments.map(withShortKey) : increments

const withShortKey = (increment: Increment): Increment =>
  increment.key.length <= maxKeyChars ? increment : { ...increment, key: increment.key.slice(0, maxKeyChars) }
