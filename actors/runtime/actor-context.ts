/** What the system tells a running actor of itself: its name, its figures, and the health of its process. */
import { Context } from "effect"
import type { Health } from "./health.ts"
import type { Meter } from "./metrics.ts"

export class Self extends Context.Service<
  Self,
  {
    readonly name: string
    readonly meter: Meter
    readonly health: Health
    /** Tells people where something of this actor can be reached, in the lines that a start prints. */
    readonly announce: (what: string, url: string) => void
    /** What some actor of this process has announced; undefined when none has. */
    readonly announced: (what: string) => string | undefined
  }
>()("spoor/actors/runtime/Self") {}
