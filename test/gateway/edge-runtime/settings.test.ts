/** Settings of the edge that cannot work: one sentence in the log, 503 for every request, and no crash. */
import { describe, expect, spyOn, test } from "bun:test"
import { Effect } from "effect"
import { type EdgePlatform, openEdgeGateway } from "../../../gateway/edge-runtime/edge-gateway.ts"
import { storeSettings } from "../../../gateway/edge-runtime/read-settings.ts"
import type { EdgeStore } from "../../../gateway/edge-runtime/service.ts"
import { denoProgram } from "../../support/deno.ts"
import { denoServer, workerdServer } from "../../support/edge-runtime.ts"

const store: EdgeStore = {
  push: async (lines) => lines.map(() => undefined),
  salt: async (_, proposed) => proposed,
  figures: async () => ({ lines: 0, bytes: 0, oldestMs: 0, delivered: 0, failures: 0, problem: undefined })
}

const platform: EdgePlatform = {
  durableAck: "durable-object",
  addressHeader: "cf-connecting-ip",
  openStore: Effect.as(storeSettings, store)
}

/** The log and the answer of a gateway with these settings, without a server. */
const opened = async (settings: Readonly<Record<string, unknown>>) => {
  const log = spyOn(console, "log").mockImplementation(() => {})
  try {
    const gateway = openEdgeGateway(settings, platform)
    const response = await gateway.fetch(new Request("http://h/t/x?a=1", { headers: { host: "h" } }))
    return { log: log.mock.calls.map(([line]) => JSON.parse(String(line)) as { message: string }), response }
  } finally {
    log.mockRestore()
  }
}

const working = { EDGE_CENTRE: "https://events.example.com", EDGE_SECRET: "0123456789abcdef" }

const cases: ReadonlyArray<readonly [settings: Readonly<Record<string, unknown>>, sentence: string]> = [
  [{}, "EDGE_CENTRE is not set: write nats, or the address of a gateway of the centre."],
  [
    { ...working, EDGE_CENTRE: "events" },
    "EDGE_CENTRE: it must be nats, or the address of a gateway of the centre like"
  ],
  [{ ...working, EDGE_CENTRE: "https://u:guessme@a.example" }, "EDGE_CENTRE: it must be nats, or"],
  [{ ...working, EDGE_CENTRE: "https://:guessme@a.example" }, "EDGE_CENTRE: it must be nats, or"],
  [{ ...working, EDGE_CENTRE: "https://a.example/gateway" }, "EDGE_CENTRE: it must be nats, or"],
  [{ ...working, EDGE_SECRET: "" }, "EDGE_CENTRE over HTTP requires EDGE_SECRET, the same as in the centre."],
  [{ ...working, EDGE_SECRET: "short" }, "EDGE_SECRET: "],
  [{ EDGE_CENTRE: "nats" }, "EDGE_CENTRE=nats requires NATS_URL with ws:// or wss:// servers"],
  [
    { EDGE_CENTRE: "nats", NATS_URL: "nats://u:guessme@h:4222" },
    "EDGE_CENTRE=nats requires NATS_URL with ws://"
  ],
  [{ EDGE_CENTRE: "nats", NATS_URL: "wss://h", NATS_CREDS: "/a.creds" }, "NATS_CREDS must be the text of"],
  [{ EDGE_CENTRE: "nats", NATS_URL: "wss://h", NATS_NKEY: "/a.nk" }, "NATS_NKEY must be the seed of"],
  [{ ...working, EDGE_ACK: "kv" }, "EDGE_ACK=kv does not work here: write centre or durable-object."],
  [{ ...working, EDGE_ACK: "disk" }, "EDGE_ACK: "],
  [{ ...working, EDGE_MAX_BYTES: "lots" }, "EDGE_MAX_BYTES: "],
  [{ ...working, EDGE_ADDRESS_HEADER: "a b" }, "EDGE_ADDRESS_HEADER: it must be the name of one header."],
  [
    { ...working, TLS_CERT: "/a.pem" },
    "TLS_CERT does not work at the edge: TLS is the platform's. Remove it."
  ],
  [
    { ...working, GATEWAY_MAX_CONNECTIONS: 10 },
    "GATEWAY_MAX_CONNECTIONS does not work at the edge: connections"
  ],
  [
    { ...working, RATE_LIMIT_SHARED: true },
    "RATE_LIMIT_SHARED does not work at the edge: each isolate counts"
  ],
  [{ ...working, WRITE_KEYS: "short" }, "Key 1 of WRITE_KEYS must have 8 to 200"],
  [{ ...working, PRIVACY_SIGNALS: "clicks=drop" }, 'PRIVACY_SIGNALS has the topic "clicks"'],
  [
    { EDGE_CENTRE: "nats", NATS_URL: "wss://h", LINKS_TOKEN: "a-token-of-links-0123" },
    "LINKS_TOKEN requires EDGE_LINKS_URL, the address of a gateway of the centre"
  ]
]

test.each([...cases])("%j is refused in one sentence", async (settings, sentence) => {
  const { log, response } = await opened(settings)
  expect(response.status).toBe(503)
  expect(response.headers.get("retry-after")).toBe("1")
  expect(await response.json()).toEqual({
    error: "unavailable",
    message: "The settings of this gateway are invalid: its log says which."
  })
  expect(log).toHaveLength(1)
  expect(log[0]?.message).toContain(`The gateway answers every request with 503: ${sentence}`)
  expect(log[0]?.message).not.toContain("guessme")
})

test("values may be numbers and flags, as a Worker's bindings are; others and empty ones are ignored", async () => {
  const settings = {
    ...working,
    EDGE_SHARDS: 4,
    GATEWAY_METRICS: true,
    OBJECT: {},
    EDGE_ACK: "",
    TLS_CERT: ""
  }
  const { log, response } = await opened(settings)
  expect(log).toEqual([])
  expect(response.status).toBe(200)
  expect(response.headers.get("spoor-stored")).toBe("centre")
})

describe("a server with settings that cannot work", () => {
  test("workerd answers 503, and its log names the setting", async () => {
    const server = await workerdServer()
    await server.start({ EDGE_CENTRE: "nats", EDGE_SHARDS: "0" })
    expect((await fetch(`${server.url}/t/x`)).status).toBe(503)
    expect((await fetch(`${server.url}/t/x`, { method: "POST", body: "a=1" })).status).toBe(503)
    expect(server.output().match(/The gateway answers every request with 503: /g)).toHaveLength(1)
    await server.kill()
  })

  test.skipIf(denoProgram() === undefined)(
    "deno serve answers 503, and its log names the setting",
    async () => {
      const server = await denoServer()
      await server.start({ EDGE_CENTRE: "https://a.example", EDGE_SECRET: "" })
      expect((await fetch(`${server.url}/t/x`)).status).toBe(503)
      expect(server.output()).toContain("EDGE_CENTRE over HTTP requires EDGE_SECRET")
      await server.kill()
    }
  )
})
