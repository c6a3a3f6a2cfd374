/** The salts of visitor ids: one per UTC day, the same for all gateways, deleted two hours after the end of its day. */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

/**
 * @example
 * const salt = yield* salts.agree(20_787, randomBytes(16).toString("hex"))
 */
export class VisitorSalts extends Context.Service<
  VisitorSalts,
  {
    readonly dependency: Dependency
    /** The salt of a day (days since 1970): the stored one, else `proposed`, which is then stored. Fails when it has expired. */
    readonly agree: (day: number, proposed: string) => Effect.Effect<string, Failure>
  }
>()("spoor/bridge/visitor-salts") {}

/** When the salt of a day is deleted, milliseconds since 1970. */
export const endOfSalt = (day: number): number => (day + 1) * 86_400_000 + 2 * 3_600_000
