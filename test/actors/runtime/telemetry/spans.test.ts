/** The spans of a batch: parents, ends and failures; and that nothing happens, and nothing is loaded, without an endpoint. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Option } from "effect"
import {
  currentSpan,
  currentTraceparent,
  inBatch,
  inHop,
  inRecords,
  inRequest,
  traceBegins
} from "../../../../actors/runtime/telemetry/spans.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { readTraceparent } from "../../../../contracts/trace-context.ts"
import { parentOf, recorded } from "./recorded.ts"

const root = join(import.meta.dirname, "..", "..", "..", "..")

describe("without an endpoint", () => {
  test("work runs without a span", async () => {
    const seen = Effect.all([currentSpan, currentTraceparent, traceBegins])
    const nothing = [undefined, undefined, undefined] as const
    for (const work of [
      inHop("ack", "client", seen),
      inRequest("enrich", undefined, {}, seen),
      inBatch(undefined, {}, seen),
      inRecords("counter", {}, seen)
    ])
      expect(await Effect.runPromise(work)).toEqual([...nothing])
  })

  test("the exporters are not loaded: two files import them, and those are imported dynamically", () => {
    const importers = (what: RegExp): ReadonlyArray<string> =>
      ["actors", "bridge", "contracts", "gateway"].flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
          .map((name) => join(folder, name))
          .filter((name) => name.endsWith(".ts") && what.test(readFileSync(join(root, name), "utf8")))
      )
    const exporters = /from "effect\/(?:http|observability(?!\/PrometheusMetrics"))/
    expect(importers(exporters).toSorted()).toEqual([
      "actors/runtime/telemetry/collector-client.ts",
      "actors/runtime/telemetry/otlp.ts"
    ])
    expect(importers(/from "[^"]*\/(?:otlp|collector-client)\.ts"/)).toEqual([
      "actors/runtime/telemetry/otlp.ts"
    ])
    expect(importers(/import\("\.\/otlp\.ts"\)/)).toEqual(["actors/runtime/telemetry/layer.ts"])
  })
})

describe("with an endpoint", () => {
  test("a batch has a trace: its claim, its hops, and the span that a request names", async () => {
    const { spans, run } = recorded()
    const begun = 1_000n
    const traceparent = await run(
      inBatch(
        begun,
        { "spoor.batch.id": "b1" },
        Effect.tap(currentTraceparent, inHop("ack", "client", Effect.void))
      )
    )
    const [batch, claim, ack] = spans
    expect(spans.map((span) => [span.name, parentOf(span), span.status._tag])).toEqual([
      ["batch", "", "Ended"],
      ["claim", "batch", "Ended"],
      ["ack", "batch", "Ended"]
    ])
    expect(batch?.attributes.get("spoor.batch.id")).toBe("b1")
    expect([batch?.startTime, claim?.startTime]).toEqual([begun, begun])
    expect(ack?.traceId).toBe(batch?.traceId ?? "")
    expect(readTraceparent(traceparent ?? "")).toEqual({
      traceId: batch?.traceId ?? "",
      spanId: batch?.spanId ?? "",
      sampled: true
    })
  })

  test("a request continues the requester's trace; an invalid or absent context begins one", async () => {
    const { spans, run } = recorded()
    const there = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`
    await run(inRequest("store", there, {}, inHop("append", "producer", Effect.void)))
    for (const none of [undefined, "", "00-x"]) await run(inRequest("store", none, {}, Effect.void))
    expect(spans.map((span) => [span.name, parentOf(span)])).toEqual([
      ["store", "b".repeat(16)],
      ["append", "store"],
      ["store", ""],
      ["store", ""],
      ["store", ""]
    ])
    expect(spans[0]?.parent.pipe(Option.map((parent) => parent.sampled))).toEqual(Option.some(false))
    expect(spans[1]?.traceId).toBe("a".repeat(32))
  })

  test("a failed hop ends as failed, and the failure passes", async () => {
    const { spans, run } = recorded()
    const failure = new Failure({ reason: "unavailable", message: "no broker" })
    const exit = await run(Effect.exit(inRecords("counter", {}, Effect.fail(failure))))
    expect(exit).toEqual(Exit.fail(failure))
    expect(spans[0]?.status).toMatchObject({ _tag: "Ended", exit: Exit.fail(failure) })
  })

  test("work outside of a batch gets no span", async () => {
    const { spans, run } = recorded()
    expect(await run(inHop("append", "producer", currentTraceparent))).toBeUndefined()
    expect(spans).toEqual([])
  })
})
