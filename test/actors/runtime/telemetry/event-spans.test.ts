/** The spans of single events in their clients' traces: which events, how many, and how they are joined. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { inEventSpans, inRecordSpans, tracesIn } from "../../../../actors/runtime/telemetry/event-spans.ts"
import { inBatch } from "../../../../actors/runtime/telemetry/spans.ts"
import type { ByteString, RawEvent } from "../../../../contracts/event.ts"
import { newBatchId } from "../../../../contracts/ids.ts"
import { maxTracesPerBatch, readTraceparent } from "../../../../contracts/trace-context.ts"
import { parentOf, recorded } from "./recorded.ts"

const context = (n: number, sampled = true): string =>
  `00-${n.toString(16).padStart(32, "a")}-${n.toString(16).padStart(16, "b")}-${sampled ? "01" : "00"}`

const event = (index: number, query: string) => ({ index, query: query as ByteString }) as RawEvent
const events = (count: number) => Array.from({ length: count }, (_, i) => event(i, `a=1&trace=${context(i)}`))

describe("the traces in a batch's events", () => {
  test("are those of the parameter, when sampled; the last one that a gateway appended", () => {
    const found = tracesIn(
      [
        event(0, "a=1"),
        event(3, `trace=${context(1)}&b=2&trace=${context(2)}`),
        event(4, `trace=${context(3, false)}`),
        event(5, "trace=nonsense"),
        event(6, `other=${context(4)}`)
      ],
      "trace"
    )
    expect(found).toEqual({ traces: [{ index: 3, traceparent: context(2) }] })
  })

  test("are at most so many, and none without TRACE_PARAM or without a traced event", () => {
    expect(tracesIn(events(500), "trace").traces).toHaveLength(maxTracesPerBatch)
    expect(tracesIn(events(500), undefined)).toEqual({})
    expect(tracesIn([event(0, "e")], "trace")).toEqual({})
  })
})

describe("a hop of a batch with traced events", () => {
  const id = newBatchId()

  test("has a span in each client's trace, which the next hop continues, linked to the batch both ways", async () => {
    const { spans, run } = recorded()
    const batch = { id, ...tracesIn(events(2), "trace") }
    const next = await run(
      inBatch(
        1n,
        {},
        inEventSpans("drain", batch, ({ traces }) => Effect.succeed(traces))
      )
    )
    const [whole, , first, second] = spans
    expect(spans.map(({ name }) => name)).toEqual(["batch", "claim", "drain", "drain"])
    expect(first === undefined ? "" : parentOf(first)).toBe(readTraceparent(context(0))?.spanId ?? "")
    expect(first?.traceId).toBe(readTraceparent(context(0))?.traceId ?? "")
    expect(first?.attributes.get("spoor.event.id")).toBe(`${id}-0`)
    expect(first?.links.map(({ span }) => span.spanId)).toEqual([whole?.spanId ?? ""])
    expect(whole?.links.map(({ span }) => span.spanId)).toEqual([first?.spanId ?? "", second?.spanId ?? ""])
    expect(next?.map(({ traceparent }) => readTraceparent(traceparent)?.spanId)).toEqual([
      first?.spanId ?? "",
      second?.spanId ?? ""
    ])
    expect(first?.status._tag).toBe("Ended")
  })

  test("of a hostile message has no more spans than a batch may have", async () => {
    const { spans, run } = recorded()
    const traces = Array.from({ length: 1_000 }, (_, index) => ({ index, traceparent: context(index) }))
    await run(inEventSpans("store", { id, traces }, () => Effect.void))
    expect(spans).toHaveLength(maxTracesPerBatch)
  })

  test("passes the traces on unchanged in a process without an endpoint", async () => {
    const batch = { id, ...tracesIn(events(2), "trace") }
    expect(await Effect.runPromise(inEventSpans("drain", batch, Effect.succeed))).toEqual(batch)
  })
})

test("records continue the trace of their header", async () => {
  const { spans, run } = recorded()
  const record = (headers: Record<string, string>) => ({
    ...{ offset: "0", timestamp: 0, key: undefined, value: new Uint8Array() },
    headers
  })
  const records = [record({ id: "b-0" }), record({ id: "b-1", traceparent: context(7) })]
  await run(inRecordSpans("event-counter", records, Effect.void))
  expect(spans.map((span) => [span.name, span.attributes.get("spoor.event.id"), span.traceId])).toEqual([
    ["event-counter", "b-1", readTraceparent(context(7))?.traceId ?? ""]
  ])
})
