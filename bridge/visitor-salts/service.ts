/** The salts of visitor ids: one per UTC day, the same for all gateways, forgotten two hours after its day. */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

export class VisitorSalts extends Context.Service<
  VisitorSalts,
  {
    readonly dependency: Dependency
    /** The salt of a day (in days since 1970): the one that is kept, or `mine` when none was, which is kept from now on. */
    readonly agree: (day: number, mine: string) => Effect.Effect<string, Failure>
  }
>()("spoor/bridge/visitor-salts") {}

/** When the salt of a day is forgotten, milliseconds since 1970. */
export const endOfSalt = (day: number): number => (day + 1) * 86_400_000 + 2 * 3_600_000
