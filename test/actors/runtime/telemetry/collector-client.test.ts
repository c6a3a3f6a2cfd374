/** Exporters in front of a collector that hangs, refuses or is away: what is kept is bounded, and logged once. */
import { describe, expect, test } from "bun:test"
import { Effect, Exit, Logger, Scope } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import {
  collectorClients,
  maxExportsInFlight
} from "../../../../actors/runtime/telemetry/collector-client.ts"
import { eventually } from "../../../support/eventually.ts"
import { startOtlpEndpoint } from "../../../support/otlp-endpoint.ts"
import { freePort } from "../../../support/server.ts"

const meanwhile = "Events are not affected; what would be exported may be dropped."

/** Runs the work with clients that log to `lines`. */
const withClients = async <A>(
  timeoutMs: number,
  work: (
    post: (url: string, request?: HttpClientRequest.HttpClientRequest) => Promise<string>,
    lines: ReadonlyArray<string>
  ) => Promise<A>
): Promise<A> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel}: ${message}`))
  const scope = Scope.makeUnsafe()
  const clientFor = await Effect.runPromise(
    Effect.provide(collectorClients(timeoutMs), Logger.layer([logger]))
  )
  const clients = new Map<string, ReturnType<typeof clientFor>>()
  const post = async (url: string, request = HttpClientRequest.post(url)): Promise<string> => {
    const client = clients.get(url) ?? clientFor(url)
    clients.set(url, client)
    const exit = await Effect.runPromiseExit(client.execute(request))
    if (Exit.isSuccess(exit)) return String(exit.value.status)
    return exit.cause.reasons.some(({ _tag }) => _tag === "Die") ? "refused" : "failed"
  }
  const result = await work(post, lines)
  await Effect.runPromise(Scope.close(scope, Exit.void))
  return result
}

describe("a collector", () => {
  test("that does not answer holds so many exports of a signal and no more, for so long", async () => {
    const endpoint = await startOtlpEndpoint(() => undefined)
    await withClients(300, async (post, lines) => {
      const url = `${endpoint.url}/v1/traces`
      const results = await Promise.all(Array.from({ length: 20 }, () => post(url)))
      const count = (text: string): number => results.filter((result) => result === text).length
      expect([count("failed"), count("refused")]).toEqual([maxExportsInFlight, 20 - maxExportsInFlight])
      expect(endpoint.requests).toHaveLength(maxExportsInFlight)
      await eventually("the line", () => lines.length > 0)
      expect(lines).toEqual([
        `Warn: The OpenTelemetry collector at ${new URL(url).host} fails: no answer in time. ${meanwhile}`
      ])
    })
    await endpoint.stop()
  })

  test("that failed an export gets it again, but for a while no new one, which would wait beside it", async () => {
    let status = 503
    const endpoint = await startOtlpEndpoint(() => status)
    await withClients(1_000, async (post) => {
      const url = `${endpoint.url}/v1/traces`
      const first = HttpClientRequest.post(url)
      expect(await post(url, first)).toBe("503")
      expect([await post(url), await post(url, first), await post(url)]).toEqual([
        "refused",
        "503",
        "refused"
      ])
      status = 200
      expect([await post(url, first), await post(url)]).toEqual(["200", "200"])
      expect(endpoint.requests).toHaveLength(4)
    })
    await endpoint.stop()
  })

  test("that is away is one line for all signals, and one when it is back", async () => {
    const endpoint = await startOtlpEndpoint()
    await withClients(1_000, async (post, lines) => {
      const urls = ["traces", "metrics", "logs"].map((signal) => `${endpoint.url}/v1/${signal}`)
      for (const url of urls) expect(await post(url)).toBe("200")
      await endpoint.stop()
      for (const result of ["failed", "refused"]) for (const url of urls) expect(await post(url)).toBe(result)
      await eventually("the line", () => lines.length > 0)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(
        /^Warn: The OpenTelemetry collector at 127\.0\.0\.1:\d+ fails: [^/]+\. Events are not affected/
      )
    })
  })

  test("that refuses one signal is one line about that signal", async () => {
    let status = 404
    const endpoint = await startOtlpEndpoint(() => status)
    await withClients(1_000, async (post, lines) => {
      const url = `${endpoint.url}/v1/logs`
      const request = HttpClientRequest.post(url)
      for (let i = 0; i < 5; i++) expect(await post(url, request)).toBe("404")
      await eventually("the first line", () => lines.length > 0)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("/v1/logs fails: it answers 404")
      status = 200
      await post(url, request)
      await eventually("the second line", () => lines.length === 2)
      expect(lines[1]).toMatch(/^Info: The OpenTelemetry collector at \S+ works again after/)
    })
    await endpoint.stop()
  })

  test("whose address is wrong is named without the headers of the request", async () => {
    const port = await freePort()
    await withClients(1_000, async (post, lines) => {
      expect(await post(`http://127.0.0.1:${port}/v1/traces`)).toBe("failed")
      await eventually("the line", () => lines.length > 0)
      expect(lines[0]).toContain(`collector at 127.0.0.1:${port} fails: `)
    })
  })
})
