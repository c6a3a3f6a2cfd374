/** The rule of a counter: what one event adds to its tables. Pure; shared by the counting actors and the viewer. */
import type { Increment } from "../../../bridge/projection-store/service.ts"
import type { CountedEvent } from "./counted-event.ts"

export interface Counting {
  readonly summary: string
  /** What one event adds to which tables. Called per event; never throws. */
  readonly count: (event: CountedEvent) => ReadonlyArray<Increment>
}

/** What is kept of a key, in characters; names come from anyone. */
const longestKey = 200

/** What an event adds, with the keys as they are kept. */
export const withShortKeys = (increments: ReadonlyArray<Increment>): ReadonlyArray<Increment> =>
  increments.some(({ key }) => key.length > longestKey) ? increments.map(withShortKey) : increments

const withShortKey = (increment: Increment): Increment =>
  increment.key.length <= longestKey ? increment : { ...increment, key: increment.key.slice(0, longestKey) }
