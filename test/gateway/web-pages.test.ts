/** Pages of another origin in a real Chromium send events, with the headers that common tools add to a fetch. */
import { afterAll, beforeAll, expect } from "bun:test"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Page } from "playwright-core"
import type { GatewayOptions } from "../../gateway/app.ts"
import { type CorsSettings, corsOf } from "../../gateway/http/cors.ts"
import { serve } from "../../gateway/http/serve.ts"
import type { Server } from "../../gateway/http/server-types.ts"
import { inBrowser } from "../support/browser.ts"
import { eventually } from "../support/eventually.ts"
import { testGateway } from "./gateway-for-tests.ts"

/** Headers of tracing and monitoring tools: OpenTelemetry, Sentry, jQuery, Datadog, New Relic. */
const added: Readonly<Record<string, string>> = {
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  tracestate: "vendor=1",
  "sentry-trace": "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
  baggage: "sentry-environment=production",
  "X-Requested-With": "XMLHttpRequest",
  "X-Datadog-Trace-Id": "1",
  "X-Datadog-Parent-Id": "2",
  "X-Datadog-Origin": "rum",
  "X-Datadog-Sampling-Priority": "1",
  newrelic: "eyJ2IjpbMCwxXX0="
}

interface Sent {
  readonly path: string
  readonly method: "GET" | "POST"
  readonly type?: string
  readonly body?: string
}

/** One request to each route that pages use. */
const sent: ReadonlyArray<Sent> = [
  { path: "/any/path?n=1", method: "GET" },
  { path: "/t/buy", method: "POST", type: "application/json", body: '{"n":2}' },
  { path: "/batch", method: "POST", type: "application/json", body: '[{"event":"buy","params":{"n":3}}]' },
  {
    path: "/track",
    method: "POST",
    type: "application/json",
    body: '{"username":"a","target":"b","description":"VIEW"}'
  },
  { path: "/api/v1/beacon", method: "POST", type: "application/json", body: '{"n":5}' },
  { path: "/api/v1/beacon?n=6", method: "GET" }
]

/** Sends the requests from the page; returns the status of each, or that the browser blocked it. */
const sendAll = (page: Page, port: number, credentials: "include" | "omit"): Promise<ReadonlyArray<string>> =>
  page.evaluate(
    async ({ sent, added, port, credentials }) => {
      const outcomes: Array<string> = []
      for (const { path, method, type, body } of sent) {
        const headers = { ...added, ...(type === undefined ? {} : { "content-type": type }) }
        const init = { method, headers, credentials, ...(body === undefined ? {} : { body }) }
        outcomes.push(
          await fetch(`http://127.0.0.1:${port}${path}`, init).then(
            ({ status }) => `${path} ${status}`,
            () => `${path} is lost`
          )
        )
      }
      return outcomes
    },
    { sent, added, port, credentials }
  )

inBrowser("a page with tracing tools", (check) => {
  const pages = createServer((_, response) => {
    response.setHeader("content-type", "text/html")
    response.end(`<!doctype html><title>shop</title><link rel="icon" href="data:,">`)
  })
  const servers: Array<Server> = []
  let origin = ""

  beforeAll(async () => {
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve))
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    pages.close()
    for (const server of servers) await server.close()
  })

  const gateway = async (cors: CorsSettings, more: Partial<GatewayOptions> = {}) => {
    const { app, lines } = testGateway({ cors: corsOf(cors), ...more })
    const cookies = new Set<string | null>()
    const server = await serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, client) => {
        if (request.method !== "OPTIONS") cookies.add(request.headers.get("cookie"))
        return app.fetch(request, client)
      }
    })
    servers.push(server)
    return { port: server.port, lines, cookies }
  }
  const all = ["/any/path?n=1 200", "/t/buy 200", "/batch 200", "/track 200"]
  const answers = [...all, "/api/v1/beacon 204", "/api/v1/beacon?n=6 204"]

  check("loses no event with the headers of common tools", async ({ open, forgive }) => {
    forgive(/requests another host/)
    const { port, lines } = await gateway({ corsOrigins: "*", corsCredentials: false })
    const page = await open(`${origin}/`)
    expect(await sendAll(page, port, "omit")).toEqual(answers)
    expect(lines).toHaveLength(sent.length)
  })

  check("loses no event with credentials from a listed origin", async ({ open, forgive }) => {
    forgive(/requests another host/)
    const { port, lines, cookies } = await gateway({ corsOrigins: origin, corsCredentials: true })
    const page = await open(`${origin}/`)
    await page.context().addCookies([{ name: "session", value: "s1", url: `http://127.0.0.1:${port}/` }])
    expect(await sendAll(page, port, "include")).toEqual(answers)
    expect([lines.length, ...cookies]).toEqual([sent.length, "session=s1"])
  })

  check(
    "sends the fields of a form as a beacon; a form with a file is refused",
    async ({ open, forgive }) => {
      forgive(/requests another host/)
      forgive(/status of 400/)
      const { port, lines } = await gateway({ corsOrigins: "*", corsCredentials: false })
      const page = await open(`${origin}/`)
      await page.evaluate((port) => {
        const form = document.createElement("form")
        form.innerHTML = `<input name="page" value="/home"><input name='"ü"' value="a b"><input type="file" name="f">`
        navigator.sendBeacon(`http://127.0.0.1:${port}/api/v1/beacon`, new FormData(form))
        const withFile = new FormData()
        withFile.append("f", new File(["x"], "x.txt"))
        navigator.sendBeacon(`http://127.0.0.1:${port}/api/v1/beacon`, withFile)
        navigator.sendBeacon(`http://127.0.0.1:${port}/t/last`, new URLSearchParams({ a: "1" }))
      }, port)
      await eventually("the last beacon has arrived", () => lines.some((line) => line.includes("/t/last")))
      await eventually("the form has arrived", () => lines.length === 2)
      expect(lines.map((line) => line.split(" ").slice(4, 6).join(" ")).toSorted()).toEqual([
        "/api/v1/beacon page=%2Fhome&%22%C3%BC%22=a%20b",
        "/t/last a=1"
      ])
    }
  )
})
