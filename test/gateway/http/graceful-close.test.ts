/** The graceful close of a server: its last responses ask clients to close, and it waits until requests cease. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { makePublicReady } from "../../../actors/runtime/ops-server.ts"
import { gracefulClose } from "../../../gateway/http/graceful-close.ts"
import type { Client } from "../../../gateway/http/server-types.ts"

const client: Client = { address: "127.0.0.1", upgrade: () => undefined }
const request = new Request("http://localhost/t/x")

describe("graceful close", () => {
  test("responses ask clients to close only while leaving", async () => {
    let isLeaving = false
    const { fetch } = gracefulClose(
      () => new Response("ok"),
      () => isLeaving
    )
    expect((await fetch(request, client)).headers.get("connection")).toBeNull()
    isLeaving = true
    expect((await fetch(request, client)).headers.get("connection")).toBe("close")
  })

  test("requests have ceased when none succeeded for a while", async () => {
    const { fetch, ceased } = gracefulClose(
      () => new Response("ok"),
      () => true
    )
    const order: Array<string> = []
    await fetch(request, client)
    const after = ceased(60_000).then(() => order.push("ceased"))
    await fetch(request, client)
    order.push("answered")
    await after
    expect(order).toEqual(["answered", "ceased"])
  })

  test("clients that go on are waited for until the timeout", async () => {
    const { fetch, ceased } = gracefulClose(
      () => new Response("ok"),
      () => true
    )
    await fetch(request, client)
    let isOver = false
    const over = ceased(150).then(() => {
      isOver = true
    })
    while (!isOver) {
      await fetch(request, client)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await over
  })

  test("refused requests, like readiness probes, are not waited for", async () => {
    const { fetch, ceased } = gracefulClose(
      () => new Response(null, { status: 503 }),
      () => true
    )
    await fetch(request, client)
    let isOver = false
    void ceased(60_000).then(() => {
      isOver = true
    })
    await Promise.resolve()
    await Promise.resolve()
    expect(isOver).toBe(true)
  })

  test("leaving is reported at once, although readiness is cached for a second", async () => {
    const health = makeHealth()
    health.setActor("gateway", "up")
    const ready = await Effect.runPromise(makePublicReady(health))
    expect((await Effect.runPromise(ready)).status).toBe(200)
    health.setActor("gateway", "stopping")
    expect((await Effect.runPromise(ready)).status).toBe(503)
  })
})
