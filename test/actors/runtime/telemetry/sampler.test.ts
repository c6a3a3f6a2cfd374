/** Samplers decide as the specification says, and a span that is not sampled keeps the id of its trace. */
import { expect, test } from "bun:test"
import { Context, Exit, Option, Tracer } from "effect"
import { sampledBy, samplerOf } from "../../../../actors/runtime/telemetry/sampler.ts"

const traceId = (last: string): string => last.padStart(32, "a")

test("parent-based samplers follow the parent, the others do not", () => {
  for (const sampled of [true, false]) {
    expect(samplerOf("parentbased_always_on", 1)(sampled, traceId("1"))).toBe(sampled)
    expect(samplerOf("parentbased_always_off", 1)(sampled, traceId("1"))).toBe(sampled)
    expect(samplerOf("always_on", 1)(sampled, traceId("1"))).toBe(true)
    expect(samplerOf("always_off", 1)(sampled, traceId("1"))).toBe(false)
  }
  expect(samplerOf("parentbased_always_on", 1)(undefined, traceId("1"))).toBe(true)
  expect(samplerOf("parentbased_always_off", 1)(undefined, traceId("1"))).toBe(false)
})

test("a ratio chooses that share of the traces, and the same ones in every process", () => {
  const quarter = samplerOf("traceidratio", 0.25)
  expect(quarter(undefined, traceId("3ffffffffffff"))).toBe(true)
  expect(quarter(undefined, traceId("4000000000000"))).toBe(false)
  expect(samplerOf("traceidratio", 1)(undefined, traceId("f".repeat(13)))).toBe(true)
  expect(samplerOf("traceidratio", 0)(undefined, traceId("0".repeat(13)))).toBe(false)
  expect(samplerOf("parentbased_traceidratio", 0)(true, traceId("1"))).toBe(true)
})

test("a span that is not chosen is not exported and passes its trace on as not sampled", () => {
  const exported: Array<string> = []
  class Exported extends Tracer.NativeSpan {
    override end(time: bigint, exit: Exit.Exit<unknown, unknown>): void {
      super.end(time, exit)
      if (this.sampled) exported.push(this.name)
    }
  }
  const seen: Array<string> = []
  const tracer = sampledBy(
    (_, id) => {
      seen.push(id)
      return seen.length > 1
    },
    Tracer.make({ span: (options) => new Exported(options) })
  )
  const begin = (name: string, parent?: Tracer.AnySpan) =>
    tracer.span({
      ...{ name, kind: "internal", root: parent === undefined, sampled: true, startTime: 0n, links: [] },
      annotations: Context.empty(),
      parent: Option.fromUndefinedOr(parent)
    })
  const first = begin("first")
  expect([first.sampled, first.traceId]).toEqual([false, seen[0] ?? ""])
  const second = begin("second", first)
  expect([second.sampled, second.traceId]).toEqual([true, first.traceId])
  for (const span of [first, second]) span.end(1n, Exit.void)
  expect(exported).toEqual(["second"])
})
