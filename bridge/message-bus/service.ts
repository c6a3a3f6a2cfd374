/**
 * Messages between actors: requests, to which one member of a queue group replies, and published messages for any
 * number of subscribers. Nothing is stored.
 */
import { Context, type Effect, type Scope, type Stream } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

/** A published message or a request, as a subscriber receives it. */
export interface BusMessage {
  readonly subject: string
  readonly payload: Uint8Array
  /** The format that the sender names in the header `Spoor-Format`; undefined when it names none. */
  readonly format?: number | undefined
}

/** A request to send: as in `request`, and the format of the payload, which the responder gets as a header. */
export interface OutgoingRequest extends BusMessage {
  readonly deadline: number
  readonly traceparent?: string | undefined
}

/** A reply with its headers. */
export interface BusReply {
  readonly payload: Uint8Array
  readonly format?: number | undefined
  /** The `$SRV` id of the actor that replied, as it names itself; undefined when it names none. */
  readonly instance?: string | undefined
}

/** A request as its handler receives it. */
export interface BusRequest extends BusMessage {
  /**
   * When the requester stops waiting, milliseconds since 1970 by the clock of this machine. Between machines the
   * remaining time is sent instead, so the deadline here is later by the time that the request took to arrive.
   */
  readonly deadline: number
  /** The span of the requester (W3C Trace Context); undefined when it sent none. */
  readonly traceparent?: string | undefined
}

/** The payload of a reply, alone or with its format. */
export type Answer = Uint8Array | { readonly payload: Uint8Array; readonly format: number }

/** Both parts of an answer. */
export const partsOf = (answer: Answer): { readonly payload: Uint8Array; readonly format?: number } =>
  answer instanceof Uint8Array ? { payload: answer } : answer

/**
 * @example
 * const bus = yield* MessageBus
 * yield* bus.serve("greet", "greeters", ({ payload }) => Effect.succeed(payload))
 * const reply = yield* bus.request("greet", new Uint8Array([1]), Date.now() + 1_000)
 */
export class MessageBus extends Context.Service<
  MessageBus,
  {
    readonly dependency: Dependency
    /**
     * Sends a request to one member of the queue group that serves `subject`, and waits for its reply until `deadline`
     * (milliseconds since 1970). Fails before sending with `expired` (the deadline has passed), `too-large`,
     * `unreadable` (an invalid subject) or `unavailable` (not connected). Fails after sending with `no-responders` at
     * once, `timeout` (at once when the connection is lost), `crashed` when the handler crashed, and `too-large` when
     * the reply is over the limit (the work is done then). `traceparent`: the span that sends it, for the responder.
     */
    readonly request: (
      subject: string,
      payload: Uint8Array,
      deadline: number,
      traceparent?: string
    ) => Effect.Effect<Uint8Array, Failure>
    /**
     * Like `request`, with the format of the payload, and the reply with its headers.
     *
     * @example
     * const { payload, instance } = yield* bus.exchange({ subject: "greet", payload: hello, format: 2, deadline })
     */
    readonly exchange: (request: OutgoingRequest) => Effect.Effect<BusReply, Failure>
    /**
     * Sends a request to every responder of `subject`, and returns the replies that arrive within `window` milliseconds,
     * in order of arrival. Fails like `request`, but for replies that are late or failures: they are left out.
     */
    readonly requestMany: (
      subject: string,
      payload: Uint8Array,
      window: number
    ) => Effect.Effect<ReadonlyArray<Uint8Array>, Failure>
    /**
     * Handles requests on `subject` as a member of `queue` (undefined: every responder replies, as for `$SRV`) until the
     * scope closes. `answer` is called at once for every request, without a limit of requests in flight: the caller
     * limits them. A crash of `answer` becomes the failure `crashed` of the requester. Closing the scope accepts no new
     * requests and waits for those in flight. Every reply names the `instance`, the `$SRV` id of the actor.
     */
    readonly serve: (
      subject: string,
      queue: string | undefined,
      answer: (request: BusRequest) => Effect.Effect<Answer>,
      instance?: string
    ) => Effect.Effect<void, Failure, Scope.Scope>
    /**
     * Sends to all subscribers, at most once, with the format of the payload as a header. Never waits, never fails: a
     * message that cannot be sent is dropped and counted.
     */
    readonly publish: (subject: string, payload: Uint8Array, format?: number) => Effect.Effect<void>
    /**
     * The messages published and requested on a subject (with `*` and `>`), from now on. Buffers at most 1,024 messages;
     * drops the oldest. On NATS a subscriber counts as a responder, so a request on that subject times out instead of
     * failing with `no-responders`: subscribe to published messages, not to requests.
     */
    readonly subscribe: (subject: string) => Stream.Stream<BusMessage, Failure>
    /** Waits until everything sent so far has reached the server. */
    readonly flush: Effect.Effect<void, Failure>
  }
>()("spoor/bridge/message-bus") {}
