/** The API of a browser's subscription: the key, subscribing and unsubscribing, and what is refused. */
import { afterAll, describe, expect, test } from "bun:test"
import { createECDH } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { makePushService, type PushService } from "../../../../actors/viewer/push/service.ts"
import { DeviceMappings } from "../../../../bridge/device-mappings/service.ts"
import { sqliteDeviceMappings } from "../../../../bridge/device-mappings/sqlite.ts"
import { ask, ownPage } from "../requests.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-push-"))
afterAll(() => rmSync(folder, { recursive: true }))

const p256dh = createECDH("prime256v1").generateKeys("base64url")
const auth = Buffer.alloc(16, 3).toString("base64url")
const endpoint = "https://push.example/1"

const run = (
  body: (push: PushService, mappings: DeviceMappings["Service"]) => Promise<void>,
  env: Readonly<Record<string, string>> = { VAPID_PUBLIC_KEY: "BKey" }
): Promise<void> =>
  Effect.gen(function* () {
    const mappings = yield* sqliteDeviceMappings(mkdtempSync(join(folder, "data-")))
    const push = yield* Effect.provideService(makePushService, DeviceMappings, mappings)
    yield* Effect.promise(() => body(push, mappings))
  }).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.scoped,
    Effect.runPromise
  )

const post = (
  push: PushService,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = ownPage
) => ask(`/api/push/${path}`, { push }, { method: "POST", headers, body: JSON.stringify(body) })

describe("a browser's subscription", () => {
  test("the key is told, null where Web Push is not configured", async () => {
    await run(async (push) =>
      expect(await (await ask("/api/push", { push })).json()).toEqual({ publicKey: "BKey" })
    )
    await run(
      async (push) => expect(await (await ask("/api/push", { push })).json()).toEqual({ publicKey: null }),
      {}
    )
  })

  test("it is registered beside the other channels, and removed while it is this one", () =>
    run(async (push, mappings) => {
      await Effect.runPromise(mappings.put("phone", { callbackUrl: "https://app.example/" }))
      const body = {
        device_id: "phone",
        locale: "de",
        web_push: { endpoint, keys: { p256dh, auth } },
        callback_url: "x"
      }
      const done = await post(push, "subscribe", body)
      expect([done.status, await done.json()]).toEqual([200, { subscribed: true }])
      expect(await Effect.runPromise(mappings.get("phone"))).toMatchObject({
        ...{ callbackUrl: "https://app.example/", locale: "de", webPush: { endpoint, p256dh, auth } }
      })
      const other = { device_id: "phone", endpoint: "https://push.example/2" }
      expect(await (await post(push, "unsubscribe", other)).json()).toEqual({ removed: false })
      expect(await (await post(push, "unsubscribe", { ...other, endpoint })).json()).toEqual({
        removed: true
      })
      expect((await Effect.runPromise(mappings.get("phone")))?.webPush).toBeUndefined()
    }))

  test("invalid fields, other methods and other sites' pages are refused", () =>
    run(async (push, mappings) => {
      const broken = await post(push, "subscribe", { device_id: "phone", web_push: { endpoint } })
      expect([broken.status, (await broken.json()).message]).toEqual([
        400,
        expect.stringContaining("web_push ")
      ])
      expect((await post(push, "subscribe", { web_push: { endpoint, keys: { p256dh, auth } } })).status).toBe(
        400
      )
      expect((await ask("/api/push/subscribe", { push })).status).toBe(405)
      const foreign = { ...ownPage, origin: "https://evil.example" }
      expect((await post(push, "subscribe", { device_id: "phone" }, foreign)).status).toBe(401)
      expect(await Effect.runPromise(mappings.get("phone"))).toBeUndefined()
    }))
})
