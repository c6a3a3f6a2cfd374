/** What one attempt at a delivery came to, before it is put into a settlement. */
import type { NewDelivery, Suppression } from "../../bridge/reaction-store/service.ts"
import type { Answer } from "../../contracts/reactions/delivery.ts"
import type { RecordedCall } from "./call-record.ts"
import type { Verdict } from "./verdict.ts"

export interface Attempt {
  readonly verdict: Verdict
  /** The answer, and the name under which later steps read it. */
  readonly answer?: { readonly as: string | undefined; readonly value: Answer }
  /** The call for people, without its outcome. */
  readonly call?: Omit<RecordedCall, "outcome">
  /** Deliveries that it causes: reports, messages to devices. */
  readonly spawn?: ReadonlyArray<NewDelivery>
  readonly suppressed?: ReadonlyArray<Suppression>
}

/** The attempt at a step that cannot be done at all. */
export const impossible = (why: string): Attempt => ({ verdict: { kind: "never", why, health: "unknown" } })
