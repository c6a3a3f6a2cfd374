/**
 * The way from an edge to the queue of the centre. Plain promises and web APIs, so that it runs on Workers and Deno Deploy;
 * `gateway/edge-runtime/centre.ts` chooses the implementation by EDGE_CENTRE.
 */
import type { PushedLines } from "../../contracts/messages/pushed-lines.ts"

export interface EdgeCentre {
  /** For people: host and port, never a password. */
  readonly address: string
  /**
   * Resolves when the centre's queue has the lines. Rejects with `Failure` after at most `timeoutMs`; a retry must have the
   * same id and the same lines, and then adds nothing twice.
   *
   * @example
   * await centre.push({ id: newPushId(), lines: [new TextEncoder().encode(line)] }, 5_000)
   */
  readonly push: (pushed: PushedLines, timeoutMs: number) => Promise<void>
}
