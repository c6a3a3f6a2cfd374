/** Rate limits of addresses and write keys that all gateways share. */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

export interface Cost {
  readonly name: string
  /** Taken from the name's bucket: the time that the bucket needs to refill it, milliseconds. */
  readonly cost: number
}

/**
 * @example
 * const [untilFull] = yield* rateShare.spend("address", [{ name: "203.0.113.0/24", cost: 100 }])
 */
export class RateShare extends Context.Service<
  RateShare,
  {
    readonly dependency: Dependency
    /**
     * Adds the costs; returns for each name the milliseconds until its bucket is full, over all gateways. Do not repeat it
     * after a `timeout`: the costs would count twice.
     */
    readonly spend: (
      table: string,
      costs: ReadonlyArray<Cost>
    ) => Effect.Effect<ReadonlyArray<number>, Failure>
  }
>()("spoor/bridge/rate-share") {}
