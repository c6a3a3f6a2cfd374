/**
 * Turns the events of a request into lines and pushes them to the queue; each event gets a result of its own. Every
 * format ends here. Keeps no state.
 */
import { type ByteString, bytesOf } from "../contracts/event.ts"
import { Failure } from "../contracts/failure.ts"
import type { Topic } from "../contracts/ids.ts"
import { formatLine } from "../contracts/wire/line.ts"
import { eventExceedsLimit } from "./event-errors.ts"
import { joinedQueries, parameter } from "./formats/flatten-json.ts"
import type { HttpError } from "./http/errors.ts"
import type { RequestContext } from "./request-context.ts"

/** One event as a format read it from a request. Missing fields are those of the request. */
export interface NewEvent {
  readonly path: ByteString
  /** Percent-encoded pairs, without `?`; may be empty. */
  readonly query: ByteString
  readonly address?: string
  readonly host?: ByteString
  readonly userAgent?: ByteString
  /** The event's own topic: its line is then written in the adtekio dialect, which contains the topic. */
  readonly topic?: Topic
  /** Additional parameters, computed from the address after privacy was applied to it. */
  readonly queryOfAddress?: (address: string) => ByteString
  /** The client's own id of the event; becomes a parameter, so that a repeated event is recognised. */
  readonly id?: string | undefined
}

/** One event with every field of its line. */
export interface EdgeEvent {
  readonly path: ByteString
  readonly query: ByteString
  readonly address: string
  /** Milliseconds since 1970. */
  readonly ts: number
  readonly host: ByteString
  readonly userAgent: ByteString
  readonly topic: Topic | undefined
}

/** The result of one event: `ok` is in the queue, `retry` may be sent again, `rejected` can never be stored. */
export type EventResult =
  | { readonly verdict: "ok" }
  | { readonly verdict: "retry" }
  | { readonly verdict: "rejected"; readonly reason: string }

/** Applies privacy to an event before its line is written; undefined drops the event, as the client asked. */
export type Privacy = (event: EdgeEvent, context: RequestContext) => EdgeEvent | undefined

/** Charges `events` to the sender's rate limit; returns the error when they exceed it. */
export type ConsumeTokens = (context: RequestContext, events: number) => HttpError | undefined

/** A client's trace that a request continues. */
export interface RequestTrace {
  /** The parameter that carries it on with each event, encoded. */
  readonly param: ByteString
  /** Follows one push of the request to its end; returns the same promise. */
  readonly follow: (pushed: Promise<void>) => Promise<void>
}

/** The trace that the request continues; undefined when its client sent none. The same for all events of a request. */
export type TraceOf = (request: Request) => RequestTrace | undefined

/** Resolves when the queue has the line, an event of that request; rejects with `Failure`. */
export type Push = (line: ByteString, request: Request) => Promise<void>

export interface AcceptEvents {
  /** Accepts the only event of a request. Rejects with the failure of the push. */
  readonly one: (context: RequestContext, event: NewEvent) => Promise<void>
  /** A result per event, in order. Rejects only with an `HttpError`, before any event is pushed: the rate limit is exceeded. */
  readonly all: (
    context: RequestContext,
    events: ReadonlyArray<NewEvent>
  ) => Promise<ReadonlyArray<EventResult>>
}

export interface AcceptEventsOptions {
  readonly push: Push
  readonly podName: string | undefined
  /** The name of the parameter for an event's own id. */
  readonly eventIdParam: string
  readonly privacy?: Privacy | undefined
  /** Removes write keys from an event's query. */
  readonly withoutKey?: ((query: ByteString) => ByteString) | undefined
  /** Charges the events after the first one; the guards have charged the first. */
  readonly consumeTokens?: ConsumeTokens | undefined
  /** Undefined where traces of clients are not continued. */
  readonly traceOf?: TraceOf | undefined
}

export const acceptEvents = ({
  push,
  podName,
  eventIdParam,
  privacy,
  withoutKey,
  consumeTokens,
  traceOf
}: AcceptEventsOptions): AcceptEvents => {
  const pod = bytesOf(podName ?? "")

  const lineOf = ({ address, ts, host, path, query, userAgent, topic }: EdgeEvent): ByteString =>
    topic === undefined
      ? formatLine({ dialect: "pushtech", ip: address, ts, host, pod, path, query, userAgent })
      : formatLine({
          dialect: "adtekio",
          ip: address,
          ts: Math.floor(ts / 1000),
          topic,
          path,
          query,
          userAgent
        })

  const one = (context: RequestContext, event: NewEvent): Promise<void> => {
    const query = withoutKey === undefined ? event.query : withoutKey(event.query)
    const complete: EdgeEvent = {
      path: event.path,
      query: event.id === undefined ? query : joinedQueries(query, parameter(eventIdParam, event.id)),
      address: event.address ?? context.address,
      ts: context.now,
      host: event.host ?? context.host,
      userAgent: event.userAgent ?? context.userAgent,
      topic: event.topic ?? context.topic
    }
    const kept = privacy === undefined ? complete : privacy(complete, context)
    if (kept === undefined) return Promise.resolve()
    const more = event.queryOfAddress?.(kept.address)
    const whole = more === undefined ? kept : { ...kept, query: joinedQueries(kept.query, more) }
    const { request } = context
    const trace = traceOf?.(request)
    return trace === undefined
      ? push(lineOf(whole), request)
      : trace.follow(push(lineOf({ ...whole, query: joinedQueries(whole.query, trace.param) }), request))
  }

  return {
    one,
    all: async (context, events) => {
      const error = events.length > 1 ? consumeTokens?.(context, events.length - 1) : undefined
      if (error !== undefined) throw error
      const pushed = await Promise.allSettled(events.map((event) => one(context, event)))
      return pushed.map((result) => (result.status === "fulfilled" ? ok : failedResult(result.reason)))
    }
  }
}

const ok: EventResult = { verdict: "ok" }
const retry: EventResult = { verdict: "retry" }

const failedResult = (cause: unknown): EventResult =>
  cause instanceof Failure && !cause.retry ? { verdict: "rejected", reason: eventExceedsLimit } : retry
