/** A tracer of a test's own that keeps the spans that it begins. */
import { Effect, Tracer } from "effect"
import { Tracing } from "../../../../actors/runtime/telemetry/spans.ts"

export const recorded = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const run = <A, E>(work: Effect.Effect<A, E>): Promise<A> =>
    Effect.runPromise(Effect.provideService(work, Tracing, tracer))
  return { spans, tracer, run }
}

/** The parent of a span, by its name or, in another process, by its id. */
export const parentOf = ({ parent }: Tracer.Span): string => {
  if (parent._tag === "None") return ""
  return parent.value._tag === "Span" ? parent.value.name : parent.value.spanId
}
