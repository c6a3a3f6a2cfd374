/** The failures that every store of the edge has. Pure. */
import { Failure } from "../../contracts/failure.ts"

/** The failure of lines for which the edge has no room. */
export const full = (maxBytes: number): Failure =>
  new Failure({
    reason: "busy",
    message: `The store of the edge is full: its lines have reached EDGE_MAX_BYTES=${maxBytes}.`
  })

export const saltExpired = (): Failure =>
  new Failure({ reason: "expired", message: "The salt of this day was deleted." })
