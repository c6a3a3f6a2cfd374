/** What the guards and the connection guard count: refused requests and connections, by reason. */

export const refusedReasons = [
  "write-key",
  "rate-address",
  "rate-key",
  "requests-address",
  "signature",
  "bodies",
  "connections",
  "slow"
] as const
export type RefusedReason = (typeof refusedReasons)[number]

/** Counts one refused request or connection. Called only when one is refused; must not fail. */
export type CountRefused = (reason: RefusedReason) => void
