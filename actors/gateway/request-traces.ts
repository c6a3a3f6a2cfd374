/**
 * Continues the traces of clients at the gateway: the trace context of a request (its header `traceparent`) becomes a
 * parameter of its events, and with an endpoint for traces a request whose client records its trace gets a span `accept`
 * in it. Keeps the requests in flight.
 */
import { Cause, Clock, Effect, Exit, type Tracer } from "effect"
import type { ByteString } from "../../contracts/event.ts"
import {
  readTraceparent,
  traceParam,
  traceparentHeader,
  writeTraceparent
} from "../../contracts/trace-context.ts"
import type { RequestTrace, TraceOf } from "../../gateway/accept-events.ts"
import { parameter } from "../../gateway/formats/flatten-json.ts"
import { beginSpan, externalSpan, Tracing } from "../runtime/telemetry/spans.ts"

/** Spans of requests in one second, since any client can ask for one; further requests only pass their context on. */
export const maxSpansPerSecond = 100

/** Undefined without TRACE_PARAM: the gateway then does not read the header. */
export const makeTraceOf = Effect.gen(function* () {
  const param = yield* traceParam.config
  if (param === undefined) return undefined
  const tracer = yield* Tracing
  const clock = yield* Clock.Clock
  const traces = new WeakMap<Request, RequestTrace>()
  const mayBegin = atMostPerSecond(maxSpansPerSecond, clock)

  const traceOf: TraceOf = (request) => {
    const header = request.headers.get(traceparentHeader)
    if (header === null) return undefined
    const known = traces.get(request)
    if (known !== undefined) return known
    const client = readTraceparent(header.trim())
    if (client === undefined) return undefined
    const span =
      tracer !== undefined && client.sampled && mayBegin()
        ? beginSpan(tracer, {
            name: "accept",
            kind: "server",
            parent: externalSpan(client),
            begun: clock.currentTimeNanosUnsafe(),
            attributes: { "http.request.method": request.method }
          })
        : undefined
    const value = parameter(param, writeTraceparent(span ?? client))
    const trace = span === undefined ? passing(value) : following(value, span, clock)
    traces.set(request, trace)
    return trace
  }
  return traceOf
})

const passing = (param: ByteString): RequestTrace => ({ param, follow: (pushed) => pushed })

/** Ends the span when no push of the request is in flight any more; with the failure of one that failed. */
const following = (param: ByteString, span: Tracer.Span, clock: Clock.Clock): RequestTrace => {
  let inFlight = 0
  let events = 0
  let exit: Exit.Exit<void, unknown> = Exit.void
  const settled = (): void => {
    inFlight -= 1
    if (inFlight > 0) return
    span.attribute("spoor.events", events)
    span.end(clock.currentTimeNanosUnsafe(), exit)
  }
  return {
    param,
    follow: (pushed) => {
      inFlight += 1
      events += 1
      pushed.then(settled, (failure) => {
        exit = Exit.failCause(Cause.fail(failure))
        settled()
      })
      return pushed
    }
  }
}

/** True at most so often in each second of the clock. */
const atMostPerSecond = (limit: number, clock: Clock.Clock) => {
  let second = 0
  let count = 0
  return (): boolean => {
    const now = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
    if (now !== second) {
      second = now
      count = 0
    }
    count += 1
    return count <= limit
  }
}
