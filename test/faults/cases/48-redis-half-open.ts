/**
 * 48: connections to Redis go silent in one direction, are given up, and deliver what was sent on them up to 70 s later.
 * Nothing of it may take effect: a claim carried out late once took a batch under the id of one that was done, and its
 * lines were let go on the old receipt.
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
