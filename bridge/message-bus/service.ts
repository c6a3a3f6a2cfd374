/**
 * How actors reach each other: requests that one member of a queue group answers, and facts that anyone may watch.
 * Nothing is kept: a message exists only while it travels.
 */
import { Context, type Effect, type Scope, type Stream } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

export interface BusMessage {
  readonly subject: string
  readonly payload: Uint8Array
}

/** A request as the one who answers gets it. */
export interface BusRequest extends BusMessage {
  /**
   * When the one who asks stops waiting, milliseconds since 1970 by the clock of this machine. Between machines the
   * time that is left travels, not this: the deadline here is later by as long as the request took to arrive.
   */
  readonly deadline: number
}

export class MessageBus extends Context.Service<
  MessageBus,
  {
    readonly dependency: Dependency
    /**
     * Asks one member of the group that serves `subject`, and waits for its answer until `deadline` (milliseconds
     * since 1970). Fails with `no-responders` at once when nobody serves it, `timeout` (also at once when the
     * connection is lost while waiting), `crashed` when the answer died, `too-large` when it is too large to travel
     * (the work is done then). Before anything is sent: `expired` when the deadline has passed, `too-large`,
     * `unavailable` when not connected.
     */
    readonly request: (
      subject: string,
      payload: Uint8Array,
      deadline: number
    ) => Effect.Effect<Uint8Array, Failure>
    /**
     * Asks everyone who serves `subject`, and returns what they answered within `window` milliseconds, in order of
     * arrival. Fails like `request`; whoever does not answer in time is left out.
     */
    readonly requestMany: (
      subject: string,
      payload: Uint8Array,
      window: number
    ) => Effect.Effect<ReadonlyArray<Uint8Array>, Failure>
    /**
     * Answers requests on `subject` as a member of `queue` (without one, every server answers: for `$SRV`) until the
     * scope closes. `answer` is called at once for every request, however many are under way: bounding them is the
     * caller's part. Closing the scope takes no new requests, but those already taken are still answered.
     */
    readonly serve: (
      subject: string,
      queue: string | undefined,
      answer: (request: BusRequest) => Effect.Effect<Uint8Array>
    ) => Effect.Effect<void, Failure, Scope.Scope>
    /** Sends to whoever watches; at most once, never waits, never fails: what cannot be sent is dropped. */
    readonly publish: (subject: string, payload: Uint8Array) => Effect.Effect<void>
    /**
     * What is published or asked on a subject (with `*` and `>`), from now on. Holds at most 1,024; drops the oldest.
     * On NATS a watcher of a subject counts as one who might answer it, so a request there times out where it would
     * have failed with `no-responders`: watch facts, not conversations.
     */
    readonly subscribe: (subject: string) => Stream.Stream<BusMessage, Failure>
    /** Until everything sent so far has reached the server. */
    readonly flush: Effect.Effect<void, Failure>
  }
>()("spoor/bridge/message-bus") {}
