/** Samplers: decide for each new span whether its trace is recorded, and a tracer that asks them. */
import { Option, Tracer } from "effect"

/** `parentSampled`: undefined for a span without a parent. `traceId`: 32 hexadecimal digits. */
export type Sampler = (parentSampled: boolean | undefined, traceId: string) => boolean

/** The sampler of that name in OTEL_TRACES_SAMPLER; `ratio`: the share of traces of `traceidratio`, 0 to 1. */
export const samplerOf = (name: string, ratio: number): Sampler => {
  const root = name.endsWith("always_on")
    ? () => true
    : name.endsWith("always_off")
      ? () => false
      : ofRatio(ratio)
  return name.startsWith("parentbased_")
    ? (parentSampled, traceId) => parentSampled ?? root(traceId)
    : (_, traceId) => root(traceId)
}

/** By the trace id alone, so that every process decides the same: its last 13 digits, a number below 2^52. */
const ofRatio = (ratio: number) => {
  const limit = ratio * 2 ** 52
  return (traceId: string): boolean => Number.parseInt(traceId.slice(-13), 16) < limit
}

/** A span that is not recorded, but keeps its trace id, by which other processes decide. */
class UnsampledSpan extends Tracer.NativeSpan {
  private readonly ownTraceId: string
  constructor(options: ConstructorParameters<typeof Tracer.NativeSpan>[0], traceId: string) {
    super({ ...options, sampled: false })
    this.ownTraceId = traceId
  }
  override get traceId(): string {
    return this.ownTraceId
  }
}

/** The tracer `inner` for the spans that the sampler chooses. */
export const sampledBy = (sampler: Sampler, inner: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: (options) => {
      const span = inner.span({ ...options, sampled: true })
      const parentSampled = Option.map(options.parent, (parent) => parent.sampled)
      return sampler(Option.getOrUndefined(parentSampled), span.traceId)
        ? span
        : new UnsampledSpan(options, span.traceId)
    }
  })
