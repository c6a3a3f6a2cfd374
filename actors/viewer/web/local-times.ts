/** Times within sentences of the viewer, which tells them in UTC: readers see them in their own zone. */
import { clock } from "/page/event-row.js"
import { inert } from "/page/inert-text.js"
import { splitTimes } from "/page/split-times.js"

/** That sentence as nodes; the exact time stands in the title of each. */
export const withTimes = (text) =>
  splitTimes(text).map((piece) => (typeof piece === "number" ? clock(piece) : inert(piece)))
