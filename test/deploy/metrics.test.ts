/**
 * The metrics of a running Spoor: every series is there from its start, promtool finds nothing to correct after traffic, and
 * the certificate's expiry is that of the file in use, also after a renewal. The table in deploy/README.md names who exports
 * each series.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { copyFileSync } from "node:fs"
import { allSeries, exporterOf } from "../../deploy/series-table.ts"
import { makeCertificate } from "../support/certificate.ts"
import { eventually } from "../support/eventually.ts"
import { promtool, runPromtool } from "../support/promtool.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

let spoor: Spoor
const certificate = makeCertificate(2)
const dayMs = 86_400_000

const metrics = async (): Promise<string> =>
  (await fetch(new URL("/metrics", spoor.address("health")))).text()
const send = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(path, spoor.address("send events")), { ...init, tls: { rejectUnauthorized: false } })

/** Days from now until the exported expiry. */
const expiryDays = async (): Promise<number> => {
  const found = /^spoor_tls_certificate_expiry_timestamp_seconds\{actor="gateway"\} (\S+)$/m.exec(
    await metrics()
  )
  return (Number(found?.[1]) * 1000 - Date.now()) / dayMs
}

beforeAll(async () => {
  spoor = await startSpoor(
    ["--all"],
    ownSettings({
      ...{ TLS_CERT: certificate.cert, TLS_KEY: certificate.key },
      ...{ KAFKA_TOPICS: "clicks", ENRICH_STEPS: "score" }
    })
  )
}, 60_000)
afterAll(() => spoor.end("SIGKILL"))

describe("the metrics of a running Spoor", () => {
  /** Of Kafka and keyed actors, which are not used here, and of shared rate limits. Kafka's answers are not known before they come. */
  const isElsewhere = /^spoor_(log_|keyed_|gateway_rate_share)/

  test("have every series from the start", async () => {
    const text = await metrics()
    const missing = allSeries().filter(
      ({ name, kind }) => !new RegExp(`^${name}${kind === "histogram" ? "_count" : ""}[{ ]`, "m").test(text)
    )
    expect(missing.map(({ name }) => name).filter((name) => !isElsewhere.test(name))).toEqual([])
  })

  test("begin at 0 for every label that is known", async () => {
    const text = await metrics()
    for (const series of [
      'spoor_actor_events_total{actor="gateway",outcome="succeeded"}',
      'spoor_actor_events_total{actor="bridge",outcome="refused",reason="unavailable"}',
      'spoor_actor_events_total{actor="drainer",outcome="rejected",reason="no path"}',
      'spoor_actor_events_total{actor="event-counter",outcome="repeated",reason="seen before"}',
      'spoor_actor_restarts_total{actor="viewer"}',
      'spoor_bus_dropped_total{reason="slow-watcher"}',
      'spoor_dead_letters_total{topic="clicks",stage="bridge",reason="too large"}',
      'spoor_gateway_privacy_total{outcome="dropped",reason="dnt"}',
      'spoor_gateway_refused_total{reason="rate-key"}'
    ])
      expect(text.split("\n")).toContain(`${series} 0`)
    expect(text).toMatch(
      /^spoor_ledger_lines\{queue="[^"]+queue\.sqlite",topic="clicks",state="stored"\} 0$/m
    )
    expect(text).toMatch(
      /^spoor_build_info\{version="\d+\.\d+\.\d+",runtime="bun",runtime_version="\d+\.\S+"\} 1$/m
    )
    expect(text).toMatch(/^process_resident_memory_bytes \d{8,}$/m)
  })

  test("have the expiry of the certificate in use", async () => {
    expect(await expiryDays()).toBeWithin(1.9, 2.1)
    const renewed = makeCertificate(30)
    copyFileSync(renewed.key, certificate.key)
    copyFileSync(renewed.cert, certificate.cert)
    for (let i = 0; i < 20; i++) expect((await send(`/t/buy?n=${i}`)).status).toBe(200)
    await send("/batch", { method: "POST", body: JSON.stringify([{ type: "a" }, { nothing: true }]) })
    await eventually("the new one is in use", async () => (await expiryDays()) > 29)
  }, 60_000)

  test.skipIf(promtool() === undefined)("are such that promtool finds nothing", async () => {
    await eventually("the events are counted", async () =>
      /^spoor_actor_events_total\{actor="event-counter",outcome="succeeded"\} [1-9]/m.test(await metrics())
    )
    expect(runPromtool(["check", "metrics"], await metrics())).toEqual({ code: 0, text: "" })
    expect(
      runPromtool(["check", "metrics"], "# TYPE spoor_dropped counter\nspoor_dropped 1\n").code
    ).not.toBe(0)
  })

  test("each name who exports them", () => {
    expect(allSeries().filter(({ name }) => exporterOf(name) === undefined)).toEqual([])
  })
})
