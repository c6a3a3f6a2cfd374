/** A client's trace at the gateway: what becomes of its header in lines, and the spans of requests. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { makeTraceOf, maxSpansPerSecond } from "../../../actors/gateway/request-traces.ts"
import { Tracing } from "../../../actors/runtime/telemetry/spans.ts"
import { Failure } from "../../../contracts/failure.ts"
import { testGateway } from "../../gateway/gateway-for-tests.ts"
import { parentOf, recorded } from "../runtime/telemetry/recorded.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const spanId = "00f067aa0ba902b7"
const context = `00-${traceId}-${spanId}-01`

const gatewayWith = async (
  settings: Record<string, string>,
  tracer: typeof Tracing.Service = undefined,
  more: Parameters<typeof testGateway>[0] = {}
) => {
  const provider = ConfigProvider.layer(ConfigProvider.fromUnknown(settings))
  const made = makeTraceOf.pipe(Effect.provide(provider), Effect.provideService(Tracing, tracer))
  return testGateway({ traceOf: await Effect.runPromise(made), ...more })
}
const on = { TRACE_PARAM: "trace" }

describe("the line of a traced request", () => {
  test("is unchanged without TRACE_PARAM, whatever the client sends and whether traces are exported", async () => {
    const plain = await gatewayWith({}, recorded().tracer)
    await plain.ask("/t/buy?a=1", { headers: { traceparent: context } })
    expect(plain.taken()).toEqual(["/t/buy a=1"])
  })

  test("has the client's context where no traces are exported", async () => {
    const gateway = await gatewayWith(on)
    await gateway.ask("/t/buy?a=1", { headers: { traceparent: context } })
    await gateway.ask("/t/buy", { headers: { traceparent: context } })
    expect(gateway.taken()).toEqual([`/t/buy a=1&trace=${context}`, `/t/buy trace=${context}`])
  })

  test("has none without a valid header", async () => {
    const gateway = await gatewayWith(on, recorded().tracer)
    await gateway.ask("/t/buy?a=1")
    await gateway.ask("/t/buy?a=1", { headers: { traceparent: "00-x-y-01&b=2" } })
    expect(gateway.taken()).toEqual(["/t/buy a=1", "/t/buy a=1"])
  })

  test("is not written for an event that privacy drops, which has no span either", async () => {
    const { spans, tracer } = recorded()
    const gateway = await gatewayWith(on, tracer, { privacy: () => undefined })
    await gateway.ask("/t/buy?a=1", { headers: { traceparent: context } })
    expect([gateway.lines, spans]).toEqual([[], []])
  })
})

describe("the span of a traced request", () => {
  test("is a child of the client's, and the one that its events name", async () => {
    const { spans, tracer } = recorded()
    const gateway = await gatewayWith(on, tracer)
    await gateway.ask("/t/buy?a=1", { headers: { traceparent: context } })
    const [accept] = spans
    expect([accept?.name, accept && parentOf(accept), accept?.traceId]).toEqual(["accept", spanId, traceId])
    expect(accept?.status._tag).toBe("Ended")
    expect(gateway.taken()).toEqual([`/t/buy a=1&trace=00-${traceId}-${accept?.spanId}-01`])
  })

  test("is one for all events of a batch, and has no address, path or parameter of the client", async () => {
    const { spans, tracer } = recorded()
    const gateway = await gatewayWith(on, tracer)
    const batch = [{ event: "a" }, { event: "b" }, { event: "c" }]
    const answer = await gateway.post("/batch", { events: batch }, { headers: { traceparent: context } })
    expect(answer.status).toBe(200)
    expect(gateway.lines).toHaveLength(3)
    expect(spans).toHaveLength(1)
    expect(Object.fromEntries(spans[0]?.attributes ?? [])).toEqual({
      "http.request.method": "POST",
      "spoor.events": 3
    })
  })

  test("ends as failed when the queue does not take the event", async () => {
    const { spans, tracer } = recorded()
    const push = () => Promise.reject(new Failure({ reason: "busy", message: "full" }))
    const gateway = await gatewayWith(on, tracer, { push })
    expect((await gateway.ask("/t/buy", { headers: { traceparent: context } })).status).toBe(503)
    expect(spans[0]?.status).toMatchObject({ _tag: "Ended", exit: { _tag: "Failure" } })
  })

  test("is not made for a trace that is not sampled, nor for more requests than allowed", async () => {
    const { spans, tracer } = recorded()
    const gateway = await gatewayWith(on, tracer)
    await gateway.ask("/t/buy", { headers: { traceparent: context.replace(/01$/, "00") } })
    expect(spans).toEqual([])
    expect(gateway.taken()).toEqual([`/t/buy trace=${context.replace(/01$/, "00")}`])
    const begun = Math.floor(Date.now() / 1000)
    for (let i = 0; i < 5 * maxSpansPerSecond; i++)
      await gateway.ask("/t/buy", { headers: { traceparent: context } })
    const seconds = Math.floor(Date.now() / 1000) - begun + 1
    expect(spans.length).toBeLessThanOrEqual(maxSpansPerSecond * seconds)
    expect(spans.length).toBeGreaterThanOrEqual(Math.min(5, seconds) * maxSpansPerSecond - maxSpansPerSecond)
    expect(gateway.lines.filter((line) => line.includes(`trace=00-${traceId}`))).toHaveLength(501)
  })
})
