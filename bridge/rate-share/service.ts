/** What all gateways together have let each address and each write key send. */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

export interface Cost {
  readonly name: string
  /** What was taken of the name's bucket, in milliseconds of its filling. */
  readonly cost: number
}

export class RateShare extends Context.Service<
  RateShare,
  {
    readonly dependency: Dependency
    /**
     * Adds what was taken; answers for each name in how many milliseconds its bucket will be full, all gateways taken
     * together. Not fit to be sent again after a `timeout`: it would count twice.
     */
    readonly spend: (
      table: string,
      costs: ReadonlyArray<Cost>
    ) => Effect.Effect<ReadonlyArray<number>, Failure>
  }
>()("spoor/bridge/rate-share") {}
