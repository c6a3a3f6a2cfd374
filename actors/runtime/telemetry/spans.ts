/**
 * The spans of a batch on its way: one per hop, in one trace. Without an endpoint (settings.ts) every function here returns
 * its work as it is: no span is created. With one, the tracer of `Tracing` exports them.
 *
 * The trace of a batch: `batch` (a drainer has claimed it, until it is settled) with `claim`, `enrich` (in the enricher,
 * joined over the message bus) with `store` (in the bridge) with `append`, and `ack`, `release`, `split` or `dead-letter`.
 */
import { Clock, Context, Effect, Exit, Option, Tracer } from "effect"
import { readTraceparent, type TraceContext, writeTraceparent } from "../../../contracts/trace-context.ts"

/** The tracer of this process; undefined when no traces are exported. */
export const Tracing = Context.Reference<Tracer.Tracer | undefined>("spoor/actors/runtime/Tracing", {
  defaultValue: () => undefined
})

export type Attributes = Readonly<Record<string, string | number>>

interface SpanOptions {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: Tracer.AnySpan | undefined
  /** Nanoseconds since 1970. */
  readonly begun: bigint
  readonly attributes?: Attributes
  readonly links?: ReadonlyArray<Tracer.AnySpan>
}

/** Begins a span; its `end` exports it. */
export const beginSpan = (tracer: Tracer.Tracer, options: SpanOptions): Tracer.Span => {
  const { name, kind, parent, begun, attributes = {}, links = [] } = options
  const span = tracer.span({
    name,
    kind,
    parent: Option.fromUndefinedOr(parent),
    root: parent === undefined,
    annotations: Context.empty(),
    links: links.map((one) => ({ span: one, attributes: {} })),
    startTime: begun,
    sampled: true
  })
  for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
  return span
}

/** Runs the work in a span that ends as the work does. */
const within = <A, E>(
  span: Tracer.Span,
  clock: Clock.Clock,
  work: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  work.pipe(
    Effect.provideService(Tracer.ParentSpan, span),
    Effect.onExit((exit) => Effect.sync(() => span.end(clock.currentTimeNanosUnsafe(), exit)))
  )

/** The span of another process, by its `traceparent`; undefined for an invalid or absent one. */
export const remoteSpan = (traceparent: string | undefined): Tracer.ExternalSpan | undefined => {
  const context = traceparent === undefined ? undefined : readTraceparent(traceparent)
  return context === undefined ? undefined : externalSpan(context)
}

export const externalSpan = ({ traceId, spanId, sampled }: TraceContext): Tracer.ExternalSpan =>
  Tracer.externalSpan({ traceId, spanId, sampled })

/** The span of the running work. */
export const currentSpan: Effect.Effect<Tracer.AnySpan | undefined> = Effect.map(
  Effect.serviceOption(Tracer.ParentSpan),
  Option.getOrUndefined
)

/** The `traceparent` of the running work, for a request to another actor; undefined outside of a traced batch. */
export const currentTraceparent: Effect.Effect<string | undefined> = Effect.flatMap(Tracing, (tracer) =>
  tracer === undefined
    ? Effect.succeed(undefined)
    : Effect.map(currentSpan, (span) => (span === undefined ? undefined : writeTraceparent(span)))
)

/** Runs one hop of a traced batch in a span of its own; work outside of a traced batch gets none. */
export const inHop = <A, E>(
  name: string,
  kind: Tracer.SpanKind,
  work: Effect.Effect<A, E>,
  attributes: Attributes = {}
): Effect.Effect<A, E> =>
  Effect.flatMap(Tracing, (tracer) => {
    if (tracer === undefined) return work
    return Effect.gen(function* () {
      const parent = yield* currentSpan
      if (parent === undefined) return yield* work
      const clock = yield* Clock.Clock
      const begun = clock.currentTimeNanosUnsafe()
      return yield* within(beginSpan(tracer, { name, kind, parent, begun, attributes }), clock, work)
    })
  })

/** Runs the handling of a request in a span whose parent is the requester's; without one it begins a trace. */
export const inRequest = <A, E>(
  name: string,
  traceparent: string | undefined,
  attributes: Attributes,
  work: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Tracing, (tracer) => {
    if (tracer === undefined) return work
    return Effect.flatMap(Clock.Clock, (clock) => {
      const begun = clock.currentTimeNanosUnsafe()
      const parent = remoteSpan(traceparent)
      return within(beginSpan(tracer, { name, kind: "server", parent, begun, attributes }), clock, work)
    })
  })

/** The time at which a batch's trace begins, nanoseconds since 1970; undefined when no traces are exported. */
export const traceBegins: Effect.Effect<bigint | undefined> = Effect.flatMap(Tracing, (tracer) =>
  tracer === undefined ? Effect.succeed(undefined) : Clock.currentTimeNanos
)

/** Runs the handling of a claimed batch in a new trace that began, with its claim, at `begun`. */
export const inBatch = <A, E>(
  begun: bigint | undefined,
  attributes: Attributes,
  work: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Tracing, (tracer) => {
    if (tracer === undefined || begun === undefined) return work
    return Effect.flatMap(Clock.Clock, (clock) => {
      const batch = beginSpan(tracer, {
        name: "batch",
        kind: "consumer",
        parent: undefined,
        begun,
        attributes
      })
      const claim = beginSpan(tracer, { name: "claim", kind: "client", parent: batch, begun })
      claim.end(clock.currentTimeNanosUnsafe(), Exit.void)
      return within(batch, clock, work)
    })
  })

/** Runs the handling of records read from the log in a new trace. */
export const inRecords = <A, E>(
  name: string,
  attributes: Attributes,
  work: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Tracing, (tracer) => {
    if (tracer === undefined) return work
    return Effect.flatMap(Clock.Clock, (clock) => {
      const begun = clock.currentTimeNanosUnsafe()
      const options = { name, kind: "consumer", parent: undefined, begun, attributes } as const
      return within(beginSpan(tracer, options), clock, work)
    })
  })
