/** What the guards count: requests that were refused, by reason. */

export type RefusedReason = "write-key" | "rate-address" | "rate-key" | "requests-address" | "bodies"

/** Counts one request that was refused. Called on the way of a refusal only; must not fail. */
export type CountRefused = (reason: RefusedReason) => void
