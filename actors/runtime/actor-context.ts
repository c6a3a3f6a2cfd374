/** The context of each running actor: its name, its meter, and the health of its process. */
import { Context } from "effect"
import type { Health } from "./health.ts"
import type { Meter } from "./metrics.ts"

/** A subject that an inbox serves, and the formats of messages that it reads there. */
export interface ServedEndpoint {
  readonly subject: string
  readonly queue: string
  readonly formats: ReadonlyArray<number>
  /** The names of the request and of its reply among all messages (contracts/messages/all-messages.ts). */
  readonly request: string
  readonly reply: string
}

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
    /** Its `$SRV` id, which its replies name; undefined where it is not registered on a bus. */
    readonly instance?: string
    /** States what its inbox serves on the bus in this run, for `$SRV.INFO`. */
    readonly setServed?: (served: ReadonlyArray<ServedEndpoint>) => void
    /** Adds an address of this actor to the lines that the process prints at its start. */
    readonly announce: (what: string, url: string) => void
    /** The address that an actor of this process has announced under that name; undefined without one. */
    readonly announced: (what: string) => string | undefined
  }
>()("spoor/actors/runtime/Self") {}
