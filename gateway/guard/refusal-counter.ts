/** What the guards and the door count: requests and connections that were refused, by reason. */

export type RefusedReason =
  | "write-key"
  | "rate-address"
  | "rate-key"
  | "requests-address"
  | "bodies"
  | "connections"
  | "slow"

/** Counts one request or connection that was refused. Called on the way of a refusal only; must not fail. */
export type CountRefused = (reason: RefusedReason) => void
