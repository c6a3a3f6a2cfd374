/**
 * Events of a request on their way into the queue: each becomes one line, and each gets a verdict of its own. Every
 * dialect of the edge ends here. Keeps no state.
 */
import { type ByteString, bytesOf } from "../contracts/event.ts"
import { Failure } from "../contracts/failure.ts"
import type { Topic } from "../contracts/ids.ts"
import { formatLine } from "../contracts/wire/line.ts"
import { joinedQueries, parameter } from "./formats/flatten-json.ts"
import type { HttpError } from "./http/errors.ts"
import type { RequestContext } from "./request-context.ts"

/** One event as a dialect made it of a request. What is left out is the request's own. */
export interface NewEvent {
  readonly path: ByteString
  /** Percent-encoded pairs, without `?`; may be empty. */
  readonly query: ByteString
  readonly address?: string
  readonly host?: ByteString
  readonly userAgent?: ByteString
  /** Events of a topic of their own are written in the adtekio dialect, which names it. */
  readonly topic?: Topic
  /** More parameters, made of the address as the line has it: once privacy has had its say. */
  readonly queryOfAddress?: (address: string) => ByteString
  /** The client's own id of it; becomes a parameter, so that a client that sends it again is recognised. */
  readonly id?: string | undefined
}

/** One event with all that its line holds. */
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

/** What became of an event: `ok` is in the queue, `retry` is not now, `rejected` can never be. */
export type EventResult =
  | { readonly verdict: "ok" }
  | { readonly verdict: "retry" }
  | { readonly verdict: "rejected"; readonly reason: string }

/** What the client wants to be done with an event before its line is written: undefined drops it, as it asked. */
export type Privacy = (event: EdgeEvent, context: RequestContext) => EdgeEvent | undefined

/** Takes so many events of what its sender may send; a refusal when there are not so many left. */
export type ConsumeTokens = (context: RequestContext, events: number) => HttpError | undefined

/** Resolves when the queue has the line; rejects with `Failure`. */
export type Push = (line: ByteString) => Promise<void>

export interface AcceptEvents {
  /** The one event of a request. Rejects with what the push failed with. */
  readonly one: (context: RequestContext, event: NewEvent) => Promise<void>
  /** A verdict per event, in their order. Rejects only with a `HttpError`, before anything is taken: too many at once. */
  readonly all: (
    context: RequestContext,
    events: ReadonlyArray<NewEvent>
  ) => Promise<ReadonlyArray<EventResult>>
}

export interface AcceptEventsOptions {
  readonly push: Push
  readonly podName: string | undefined
  /** The parameter that an event's own id becomes. */
  readonly eventIdParam: string
  readonly privacy?: Privacy | undefined
  /** Takes out of an event's query what must not stand in a line. */
  readonly withoutKey?: ((query: ByteString) => ByteString) | undefined
  /** Takes the events of a request beyond its first, which the guards have let in. */
  readonly spend?: ConsumeTokens | undefined
}

export const acceptEvents = ({
  push,
  podName,
  eventIdParam,
  privacy,
  withoutKey,
  spend
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
    const whole: EdgeEvent = {
      path: event.path,
      query: event.id === undefined ? query : joinedQueries(query, parameter(eventIdParam, event.id)),
      address: event.address ?? context.address,
      ts: context.now,
      host: event.host ?? context.host,
      userAgent: event.userAgent ?? context.userAgent,
      topic: event.topic ?? context.topic
    }
    const kept = privacy === undefined ? whole : privacy(whole, context)
    if (kept === undefined) return Promise.resolve()
    const more = event.queryOfAddress?.(kept.address)
    return push(lineOf(more === undefined ? kept : { ...kept, query: joinedQueries(kept.query, more) }))
  }

  return {
    one,
    all: async (context, events) => {
      const refusal = events.length > 1 ? spend?.(context, events.length - 1) : undefined
      if (refusal !== undefined) throw refusal
      const pushed = await Promise.allSettled(events.map((event) => one(context, event)))
      return pushed.map((result) => (result.status === "fulfilled" ? ok : verdictOf(result.reason)))
    }
  }
}

const ok: EventResult = { verdict: "ok" }
const retry: EventResult = { verdict: "retry" }

const verdictOf = (cause: unknown): EventResult =>
  cause instanceof Failure && !cause.retry
    ? { verdict: "rejected", reason: "The event is larger than an event may be." }
    : retry
