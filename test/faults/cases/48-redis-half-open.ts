/**
 * 48: connections to Redis go silent in one direction, are closed by their client, and deliver their commands up to 70 s
 * later. These must have no effect: a late claim once took a batch under the id of a settled one, and its lines were
 * settled by the old receipt.
 */
import { faultCase } from "../case.ts"
import { cutHalfOpen, halfOpenNeeds } from "../half-open.ts"

export default faultCase({
  number: "48",
  name: "Redis half open, delivers late",
  requires: halfOpenNeeds,
  expects: { answers: ["503"] },
  fault: cutHalfOpen
})
