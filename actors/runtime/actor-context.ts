/** The context of each running actor: its name, its meter, and the health of its process. */
import { Context } from "effect"
import type { Health } from "./health.ts"
import type { Meter } from "./metrics.ts"

/**
 * The running actor, for its setup and its inbox.
 *
 * @example
 * ```ts
 * const { meter } = yield* Self
 * yield* meter.declare("repeated", ["seen before"])
 * ```
 */
export class Self extends Context.Service<
  Self,
  {
    readonly name: string
    readonly meter: Meter
    readonly health: Health
    /** Adds an address of this actor to the lines that the process prints at its start. */
    readonly announce: (what: string, url: string) => void
    /** The address that an actor of this process has announced under that name; undefined without one. */
    readonly announced: (what: string) => string | undefined
  }
>()("spoor/actors/runtime/Self") {}
