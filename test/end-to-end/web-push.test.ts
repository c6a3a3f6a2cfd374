/**
 * Web Push from end to end in real Chromium: the viewer's page subscribes it, the notifier takes a text, the deliverer
 * encrypts and sends it, the browser decrypts it and the page shows it. Only Google's push service is stood in for.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type BrowserContext, chromium, type Page } from "playwright-core"
import { newVapidKeys } from "../../actors/notifier/channels/web-push.ts"
import { DeviceMappings } from "../../bridge/device-mappings/service.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { type NotifierProcess, startNotifier } from "../actors/notifier/notifier-process.ts"
import { verifiedClaims } from "../actors/notifier/push-endpoint.ts"
import { texts } from "../actors/viewer/web/seeing.ts"
import { chromiumProgram } from "../support/browser.ts"
import { eventually } from "../support/eventually.ts"
import { type PushServiceStandIn, startPushService } from "../support/push-service.ts"

const program = chromiumProgram()
const keys = newVapidKeys()

describe.skipIf(program === undefined)("Web Push in Chromium", () => {
  let service: PushServiceStandIn
  let spoor: NotifierProcess
  let browser: BrowserContext
  let page: Page

  beforeAll(async () => {
    service = await startPushService()
    spoor = await startNotifier(
      {
        VAPID_PUBLIC_KEY: keys.publicKey,
        VAPID_PRIVATE_KEY: keys.privateKey,
        VAPID_SUBJECT: "mailto:ops@shop.example",
        WEBHOOK_ALLOW: "127.0.0.1"
      },
      "bun",
      ["deliverer", "viewer"]
    )
    // A browser without a profile has no Web Push.
    browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "spoor-profile-")), {
      executablePath: program ?? "",
      chromiumSandbox: false,
      args: [...service.args]
    })
    const { origin } = spoor.address("watch them")
    await browser.grantPermissions(["notifications"], { origin })
    page = await browser.newPage()
    await page.goto(`${origin}/push`)
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await spoor?.stop()
    await service?.stop()
  }, 60_000)

  const mappingOf = (device: string) =>
    spoor.onStores(Effect.flatMap(DeviceMappings, (store) => store.get(device)))

  /** Subscribes on the page, and lets the endpoint be that of the stand-in. */
  const subscribe = async (device: string): Promise<void> => {
    await page.locator("#device").fill(device)
    await page.locator("#locale").fill("de")
    await page.locator("#subscribe").click()
    const { webPush } = await eventually("a subscription", async () => {
      const mapping = await mappingOf(device)
      return mapping?.webPush === undefined ? undefined : { webPush: mapping.webPush }
    })
    const endpoint = service.origin + new URL(webPush.endpoint).pathname
    const { p256dh, auth } = webPush
    await spoor.ask("POST", "/register", {
      device_id: device,
      web_push: { endpoint, keys: { p256dh, auth } }
    })
  }

  const send = (device: string, msg: string) =>
    spoor.ask("POST", "/notification", {
      type: "freeform",
      deviceid: device,
      msg,
      url: "https://shop.example/1"
    })

  test("a text reaches the subscribed browser, which decrypts it, in its language", async () => {
    await subscribe("laptop")
    expect((await mappingOf("laptop"))?.locale).toBe("de")
    expect((await send("laptop", "Grüße <b>🌞</b>")).status).toBe(200)
    const shown = await eventually("the message", async () => {
      const [first] = await texts(page.locator("#messages li"))
      return first
    })
    expect(shown).toContain("Nachricht")
    expect(shown).toContain("Grüße <b>🌞</b>")
    expect(shown).toContain("https://shop.example/1")
    const notified = await eventually("the notification", async () => {
      const [first] = await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration("/page/")
        return ((await registration?.getNotifications()) ?? []).map(({ title, body }) => `${title}: ${body}`)
      })
      return first
    })
    expect(notified).toBe("Nachricht: Grüße <b>🌞</b>")
    const [taken] = service.taken
    const claims = verifiedClaims(taken?.headers.get("authorization") ?? "", keys.publicKey)
    expect([claims.aud, claims.sub]).toEqual([service.origin, "mailto:ops@shop.example"])
    expect(taken?.headers.get("webhook-signature")).toBeNull()
  }, 60_000)

  test("many messages arrive, each once", async () => {
    const before = service.taken.length
    await Promise.all(Array.from({ length: 20 }, (_, i) => send("laptop", `message ${i}`)))
    await eventually("20 messages", async () => {
      const shown = await texts(page.locator("#messages li p"))
      return shown.filter((text) => text.startsWith("message ")).length === 20
    })
    expect(service.taken.length - before).toBe(20)
  }, 60_000)

  test("a device that nobody registered is in the ledger with the reason", async () => {
    await send("nobody", "hello")
    const line = await eventually("the line", async () => {
      const { rules } = await spoor.onStores(Effect.flatMap(ReactionStore, (store) => store.ledger))
      return rules.find(({ rule }) => rule === "freeform/device")
    })
    expect([line.matched, line.suppressed]).toEqual([1, { "no device": 1 }])
  }, 60_000)

  test("a subscription that answers 410 is removed, and the message becomes a dead letter", async () => {
    service.answerWith(410)
    await send("laptop", "too late")
    await eventually("no subscription", async () => (await mappingOf("laptop"))?.webPush === undefined)
    const line = await eventually("the dead letter", async () => {
      const { rules } = await spoor.onStores(Effect.flatMap(ReactionStore, (store) => store.ledger))
      const found = rules.find(({ rule }) => rule === "freeform/web-push")
      return found?.dead === 1 ? found : undefined
    })
    expect([line.matched, line.delivered]).toEqual([22, 21])
    const targets = await spoor.onStores(Effect.flatMap(ReactionStore, (store) => store.targets(100)))
    expect(targets.find(({ target }) => target === service.origin)).toMatchObject({
      ...{ disabledFor: [], state: "closed" }
    })
    service.answerWith(201)
  }, 60_000)

  test("the page unsubscribes", async () => {
    await page.locator("#unsubscribe").click()
    await eventually("the state", async () => (await page.locator("#state").innerText()) === "not subscribed")
    expect(await page.locator("#outcome").innerText()).toContain("no longer reach")
  }, 60_000)
})
