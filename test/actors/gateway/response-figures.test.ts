/** Responses by status: those of events, not those of health checks; at 0 from the start. */
import { expect, test } from "bun:test"
import { Context, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { makeResponseFigures } from "../../../actors/gateway/response-figures.ts"
import { Failure } from "../../../contracts/failure.ts"
import { gatewayApp } from "../../../gateway/app.ts"

test("each response counts once, whatever answers it", async () => {
  const context = Context.make(Metric.MetricRegistry, new Map())
  const counts = (): Readonly<Record<string, number>> =>
    Object.fromEntries(
      [
        ...PrometheusMetrics.formatUnsafe(context).matchAll(
          /^spoor_gateway_responses_total{status="(\d+)"} (\d+)$/gm
        )
      ].map(([, status = "", count]) => [status, Number(count)])
    )
  let isDown = false
  const app = gatewayApp({
    push: () =>
      isDown ? Promise.reject(new Failure({ reason: "unavailable", message: "down" })) : Promise.resolve(),
    operations: { live: () => new Response("live"), ready: () => new Response("no", { status: 503 }) },
    settings: { trustedProxies: "none", podName: undefined },
    countResponse: makeResponseFigures(context),
    now: Date.now
  })
  const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
    const request = new Request(`http://trk${path}`, init)
    request.headers.set("host", "trk")
    return (await app.fetch(request, { address: "203.0.113.9" })).status
  }
  expect(counts()).toMatchObject({ "200": 0, "400": 0, "413": 0, "429": 0, "503": 0 })
  for (let i = 0; i < 3; i++) expect(await ask("/t/app_open?a=1")).toBe(200)
  expect(await ask("/t/app_open", { method: "DELETE" })).toBe(405)
  expect(await ask("/batch", { method: "POST", body: "{" })).toBe(400)
  expect(await ask(`/t/app_open?${"a".repeat(21_000)}`)).toBe(414)
  isDown = true
  expect(await ask("/t/app_open?a=1")).toBe(503)
  expect(await ask("/health/live")).toBe(200)
  expect(await ask("/health/ready")).toBe(503)
  expect(counts()).toMatchObject({ "200": 3, "400": 1, "405": 1, "414": 1, "503": 1 })
})
