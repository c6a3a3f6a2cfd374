/** Sentences of the server, which have times in UTC, with these times in the time zone of the pages. */
import { inert } from "./inert-text.ts"
import { splitTimes } from "./split-times.ts"
import { clock } from "./times.ts"

/** The sentence as nodes; the title of each time is the exact one. */
export const withLocalTimes = (text: string): ReadonlyArray<Node> =>
  splitTimes(text).map((piece) => (typeof piece === "number" ? clock(piece) : inert(piece)))
