/** OPS_PORT reports full health and metrics; public ports report the readiness status only. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { eventually } from "../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

let closed: Spoor
let open: Spoor
beforeAll(async () => {
  // An empty OPS_HOST counts as not set.
  closed = await startSpoor(["gateway", "viewer"], ownSettings({ OPS_HOST: "" }))
  open = await startSpoor(["gateway"], ownSettings({ OPS_HOST: "0.0.0.0", GATEWAY_METRICS: "true" }))
  for (const spoor of [closed, open]) expect((await at(spoor, "send events", "/t/a")).status).toBe(200)
}, 60_000)
afterAll(() => Promise.all([closed.end("SIGKILL"), open.end("SIGKILL")]))

const at = async (spoor: Spoor, what: string, path: string) => {
  const answer = await fetch(new URL(path, spoor.address(what)))
  return { status: answer.status, text: await answer.text(), kept: answer.headers.get("cache-control") }
}

describe("a public port", () => {
  for (const what of ["send events", "watch them"])
    test(`reports that it is live and ready, and nothing else (${what})`, async () => {
      expect(await at(closed, what, "/health/live")).toEqual({
        status: 200,
        text: '{"status":"live"}',
        kept: "no-store"
      })
      const ready = await eventually("it is ready", async () => {
        const answer = await at(closed, what, "/health/ready")
        return answer.status === 200 ? answer : undefined
      })
      expect(ready.text).toBe('{"status":"ready"}')
      const metrics = await at(closed, what, "/metrics")
      expect(metrics.status).toBe(404)
      expect(metrics.text).not.toContain("spoor_")
    })

  test("of the gateway serves metrics with GATEWAY_METRICS", async () => {
    expect((await at(open, "send events", "/metrics")).text).toContain("spoor_actor_events_total")
  })
})

describe("OPS_PORT", () => {
  test("reports everything", async () => {
    for (const path of ["/health/ready", "/health/ready/"])
      expect((await at(closed, "health", path)).text).toContain("queue.sqlite")
    expect((await at(closed, "health", "/metrics")).text).toContain("spoor_actor_mailbox_capacity")
  })

  test("is reachable from this machine only, unless OPS_HOST is set", async () => {
    const from = (spoor: Spoor) =>
      fetch(`http://127.0.0.2:${spoor.address("health").port}/health/live`).then(
        ({ status }) => status,
        () => "refused"
      )
    expect(spoken(closed)).toBe("127.0.0.1")
    expect([await from(closed), await from(open)]).toEqual(["refused", 200])
  })
})

const spoken = (spoor: Spoor): string => spoor.address("health").hostname
