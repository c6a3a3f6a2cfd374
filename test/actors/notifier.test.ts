/** The notifier as a process: registrations, matches, messages and the chat's web hook, on both stores and both runtimes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createECDH } from "node:crypto"
import { Effect } from "effect"
import { makeRenderer } from "../../actors/rules/render.ts"
import { DeviceMappings } from "../../bridge/device-mappings/service.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import type { Step } from "../../contracts/reactions/rule.ts"
import { denoProgram } from "../support/deno.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../support/redis.ts"
import { launch, ownSettings } from "../support/spoor.ts"
import { type Left, type NotifierProcess, startNotifier } from "./notifier/notifier-process.ts"

const auth = Buffer.alloc(16, 1).toString("base64url")
const p256dh = createECDH("prime256v1").generateKeys("base64url")
const webPush = { endpoint: "https://push.example/1", keys: { p256dh, auth } }

const side = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ device_id: `${name}-phone`, title: `A {{ ${name} }}`, id: `${name}1` },
  ...{ lat: 52.5, lng: "13.4", radi: 225 },
  ...more
})
const match = (more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ category: "match_found", offer: side("offer"), search: side("search") },
  ...more
})
const chat = (more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ category: "group_channel:message_send", app_id: "chat-app" },
  sender: { user_id: "anna" },
  members: [{ user_id: "anna" }, { user_id: "ben" }, { user_id: "cleo" }],
  channel: { name: "o1_s1", channel_url: "sendbird_1" },
  payload: { message: "Hello\nyou", message_id: 7 },
  ...more
})

const renderer = makeRenderer({ vars: {}, secrets: {} })

/** What the step of a delivery renders to. */
const rendered = ({ id, content }: Left) => {
  const context = { event: content.event, answers: {}, seed: id }
  const [step] = content.steps as ReadonlyArray<Step>
  if (step === undefined || "call" in step) throw new Error("A call was not expected.")
  return "emit" in step ? renderer.emit(step.emit, context) : renderer.notify(step.notify, context)
}

const suite = (name: string, isMissing: boolean, start: () => Promise<NotifierProcess>) =>
  describe.skipIf(isMissing)(name, () => {
    let notifier: NotifierProcess
    beforeAll(async () => {
      notifier = await start()
    }, 60_000)
    afterAll(() => notifier?.stop())

    test("registers by JSON and by form, keeps what is blank, and lists pages", async () => {
      const first = await notifier.ask("POST", "/register", {
        ...{ device_id: "phone", callback_url: "https://app.example/push", locale: "de", web_push: webPush }
      })
      expect([first.status, await first.text()]).toEqual([200, '{"status":"ok"}'])
      const second = await notifier.form("/register", {
        ...{ device_id: "phone", callback_url: " ", onesignal_id: "one", web_push: "", sendbird_id: "x" }
      })
      expect([second.status, await second.text()]).toEqual([200, '{"status":"ok"}'])
      const tablet = { device_id: "tablet", web_push: JSON.stringify(webPush), redirect: "1" }
      const third = await notifier.form("/register", tablet)
      expect([third.status, third.headers.get("location")]).toEqual([302, "/mappings"])
      const page = await (await notifier.ask("GET", "/mappings?limit=1")).json()
      expect(page).toEqual({
        mappings: [
          {
            ...{ device_id: "phone", callback_url: "https://app.example/push", locale: "de" },
            ...{ onesignal_id: "one", web_push: { endpoint: webPush.endpoint } },
            created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
            updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
          }
        ],
        next: "phone"
      })
      const rest = await (await notifier.ask("GET", `/mappings?after=${page.next}`)).json()
      expect(rest.mappings.map((one: { device_id: string }) => one.device_id)).toEqual(["tablet"])
      expect(rest.next).toBeNull()
      const kept = await notifier.onStores(Effect.flatMap(DeviceMappings, (store) => store.get("tablet")))
      expect(kept?.webPush).toEqual({ endpoint: webPush.endpoint, p256dh, auth })
    })

    test("removes by DELETE and by the old path with POST; a GET removes nothing", async () => {
      for (const id of ["a b/ü", "c"])
        await notifier.ask("POST", "/register", { device_id: id, locale: "en" })
      expect((await notifier.ask("GET", "/mapping/c/delete")).status).toBe(404)
      expect((await notifier.ask("POST", "/mapping/c/delete")).status).toBe(200)
      expect((await notifier.ask("POST", "/mapping/c/delete")).status).toBe(404)
      const path = `/mappings/${encodeURIComponent("a b/ü")}`
      expect((await notifier.ask("DELETE", path)).status).toBe(200)
      expect((await notifier.ask("DELETE", path)).status).toBe(404)
    })

    test("a match becomes two notifications and an event, once per pair and window", async () => {
      await notifier.taken()
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => notifier.ask("POST", "/notify", match()))
      )
      for (const answer of answers)
        expect([answer.status, await answer.text()]).toEqual([200, '{"status":"ok"}'])
      const left = await notifier.taken()
      const byPart = new Map(left.map((one) => [one.id.split(".").at(-1), one]))
      expect(left.map(({ rule, target }) => [rule, target]).toSorted()).toEqual([
        ["match-found", "devices"],
        ["match-found", "devices"],
        ["match-found", "queue"]
      ])
      for (const [part, other] of [
        ["offer", "search"],
        ["search", "offer"]
      ]) {
        const one = byPart.get(part)
        expect(one === undefined ? undefined : rendered(one)).toEqual({
          ...{ device: `${part}-phone`, text: `match-found-${part}`, title: "", message: "", url: "" },
          data: { category: "match_found", offer_id: "offer1", search_id: "search1" }
        })
        // A title is no template.
        expect(one?.content.event.params[`${other}_title`]).toBe(`A {{ ${other} }}`)
      }
      const emitted = byPart.get("emit")
      expect(emitted === undefined ? undefined : rendered(emitted)).toEqual({
        type: "mtf",
        params: {
          ...{ oid: "offer1", olat: "52.5", olng: "13.4", oradi: "225" },
          ...{ sid: "search1", slat: "52.5", slng: "13.4", sradi: "225" }
        }
      })
      await notifier.ask("POST", "/notify", match({ search: side("search", { id: "search2" }) }))
      expect(await notifier.taken()).toHaveLength(3)
      await notifier.ask("POST", "/notify", match())
      expect(await notifier.taken()).toHaveLength(0)
    })

    test("a text to a device, by form and JSON; a repeated one with its key is sent once", async () => {
      await notifier.taken()
      const fields = {
        type: "freeform",
        deviceid: "phone",
        msg: "Hi {{ you }}\nthere",
        url: "https://shop.example/1"
      }
      expect(await (await notifier.form("/notification", fields)).json()).toEqual({ status: "ok" })
      await notifier.ask("POST", "/notification", { ...fields, title: "News" })
      const left = await notifier.taken()
      expect(left.map(({ rule, target }) => [rule, target])).toEqual([
        ["freeform", "devices"],
        ["freeform", "devices"]
      ])
      expect(
        left
          .map(rendered)
          .map((one) => ("title" in one ? one.title : ""))
          .toSorted()
      ).toEqual(["", "News"])
      expect(left[0] === undefined ? undefined : rendered(left[0])).toMatchObject({
        ...{ device: "phone", text: "freeform", url: "https://shop.example/1" }
      })
      expect(left[0]?.content.event.params.msg).toBe("Hi {{ you }}\nthere")
      const key = { "idempotency-key": "message-1" }
      for (let i = 0; i < 3; i += 1)
        expect((await notifier.ask("POST", "/notification", fields, key)).status).toBe(200)
      expect(await notifier.taken()).toHaveLength(1)
    })

    test("the chat's web hook notifies all members but the sender and sends chm, once per message", async () => {
      await notifier.taken()
      for (let i = 0; i < 2; i += 1) expect((await notifier.ask("POST", "/chat", chat())).status).toBe(200)
      const left = await notifier.taken()
      const devices = left.filter(({ target }) => target === "devices").map(rendered)
      expect(devices.map((one) => ("device" in one ? one.device : "")).toSorted()).toEqual(["ben", "cleo"])
      const [event] = left.filter(({ target }) => target === "queue").map(rendered)
      expect(event).toEqual({
        type: "chm",
        params: {
          ...{ churl: "sendbird_1", chnam: "o1_s1", snder: "anna", msg: "Hello\nyou" },
          ...{ "mbers[0]": "anna", "mbers[1]": "ben", "mbers[2]": "cleo" }
        }
      })
      expect(left).toHaveLength(3)
      expect((await notifier.ask("POST", "/chat", chat({ app_id: "other" }))).status).toBe(404)
      expect((await notifier.ask("POST", "/chat", chat({ category: "user:join" }))).status).toBe(200)
      expect(await notifier.taken()).toHaveLength(0)
    })

    describe("bad input is answered with 400 and the field's name, and nothing is done", () => {
      const free = { type: "freeform", deviceid: "phone", msg: "hi" }
      const cases: ReadonlyArray<readonly [path: string, body: object, field: string]> = [
        ["/register", {}, "device_id"],
        ["/register", { device_id: " " }, "device_id"],
        ["/register", { device_id: ["a"] }, "device_id"],
        ["/register", { device_id: "bad", callback_url: "app" }, "callback_url"],
        ["/register", { device_id: "bad", locale: "x" }, "locale"],
        ["/register", { device_id: "bad", web_push: { endpoint: "https://a.example" } }, "web_push"],
        ["/register", { device_id: "bad", onesignal_id: {} }, "onesignal_id"],
        ["/register", { device_id: "bad", fcm_token: "a\u0000" }, "fcm_token"],
        ["/notify", {}, "category"],
        ["/notify", match({ category: "other" }), "category"],
        ["/notify", match({ offer: "a" }), "offer"],
        ["/notify", match({ search: undefined }), "search"],
        ["/notify", match({ offer: side("offer", { id: "" }) }), "offer.id"],
        ["/notify", match({ offer: side("offer", { device_id: undefined }) }), "offer.device_id"],
        ["/notify", match({ search: side("search", { lat: "north" }) }), "search.lat"],
        ["/notify", match({ search: side("search", { lng: undefined }) }), "search.lng"],
        ["/notify", match({ search: side("search", { radi: {} }) }), "search.radi"],
        ["/notification", { ...free, type: "other" }, "type"],
        ["/notification", { ...free, deviceid: "" }, "deviceid"],
        ["/notification", { ...free, msg: " " }, "msg"],
        ["/notification", { ...free, msg: "a".repeat(2_001) }, "msg"],
        ["/chat", chat({ sender: {} }), "sender.user_id"],
        ["/chat", chat({ members: "all" }), "members"],
        ["/chat", chat({ channel: undefined }), "channel"]
      ]
      for (const [i, [path, body, field]] of cases.entries()) {
        test(`${i}: ${path}: ${field}`, async () => {
          await notifier.taken()
          const answer = await notifier.ask("POST", path, body)
          const { error, message, field: named } = await answer.json()
          expect([answer.status, error, named]).toEqual([400, "bad-request", field])
          expect(message.startsWith(`${field} `)).toBe(true)
          expect(await notifier.taken()).toEqual([])
          const bad = await notifier.onStores(Effect.flatMap(DeviceMappings, (store) => store.get("bad")))
          expect(bad).toBeUndefined()
        })
      }

      test("bodies that cannot be read", async () => {
        const ask = (body: string, type: string) =>
          notifier.ask("POST", "/register", body, { "content-type": type })
        expect((await ask("{", "application/json")).status).toBe(400)
        expect((await ask("[]", "application/json")).status).toBe(400)
        const text = await ask("a", "text/plain")
        expect([text.status, (await text.json()).message]).toEqual([
          415,
          expect.stringContaining("Send JSON with the content type application/json, or a form")
        ])
        expect((await ask(`a=${"b".repeat(20_000)}`, "application/x-www-form-urlencoded")).status).toBe(413)
        expect((await notifier.ask("GET", "/mappings?limit=0")).status).toBe(400)
        expect((await notifier.ask("GET", "/nosuch")).status).toBe(404)
      })
    })

    test("the ledger accounts for all, with what was repeated", async () => {
      const { rules, waiting, inFlight } = await notifier.onStores(
        Effect.flatMap(ReactionStore, (store) => store.ledger)
      )
      expect([waiting, inFlight]).toEqual([0, 0])
      const line = rules.find(({ rule }) => rule === "match-found")
      const suppressed = Object.values(line?.suppressed ?? {}).reduce((sum, count) => sum + count, 0)
      expect(line?.delivered).toBe(6)
      expect(line?.matched).toBe(6 + suppressed)
      expect(line?.suppressed).toEqual({ repeated: 24 })
    })
  })

let redis: OwnRedis | undefined
afterAll(() => redis?.stop())

suite("in a file", false, () => startNotifier({ CHAT_APP_ID: "chat-app" }))
suite("on Redis, with a password", !hasRedisProgram(), async () => {
  redis = await startRedis()
  return startNotifier({
    ...{ PROJECTIONS_URL: redis?.url ?? "", NOTIFIER_PASSWORD: "open sesame", CHAT_APP_ID: "chat-app" },
    NOTIFIER_HOST: "127.0.0.1"
  })
})
suite("on Deno", denoProgram() === undefined, () => startNotifier({ CHAT_APP_ID: "chat-app" }, "deno"))

describe("who is served", () => {
  test("without a password this machine only, and no page of another site", async () => {
    const notifier = await startNotifier()
    try {
      expect((await notifier.ask("GET", "/mappings")).status).toBe(200)
      expect((await notifier.ask("GET", "/mappings", undefined, { host: "notifier.example" })).status).toBe(
        401
      )
      const foreign = { origin: "https://evil.example" }
      expect((await notifier.ask("POST", "/register", { device_id: "a" }, foreign)).status).toBe(401)
      expect((await notifier.ask("POST", "/chat", chat())).status).toBe(404)
      expect(
        (await notifier.ask("GET", "/health/ready", undefined, { host: "notifier.example" })).status
      ).toBe(200)
    } finally {
      await notifier.stop()
    }
  }, 60_000)

  test("with a password those who know it; after ten wrong ones nobody of that network for a while", async () => {
    const notifier = await startNotifier({ NOTIFIER_PASSWORD: "right", NOTIFIER_HOST: "127.0.0.1" })
    try {
      const stranger = await fetch(new URL("/mappings", notifier.url))
      expect([stranger.status, stranger.headers.get("www-authenticate")]).toEqual([
        401,
        'Basic realm="Spoor notifier", charset="UTF-8"'
      ])
      expect((await notifier.ask("GET", "/mappings")).status).toBe(200)
      const wrong = { authorization: `Basic ${btoa("notifier:wrong")}` }
      for (let i = 0; i < 10; i += 1)
        expect((await notifier.ask("GET", "/mappings", undefined, wrong)).status).toBe(401)
      const throttled = await notifier.ask("GET", "/mappings")
      expect(throttled.status).toBe(429)
      expect(Number(throttled.headers.get("retry-after"))).toBeGreaterThan(0)
      expect((await fetch(new URL("/health/live", notifier.url))).status).toBe(200)
    } finally {
      await notifier.stop()
    }
  }, 60_000)

  test("it does not start where others could reach it without a password", async () => {
    const { ended, output } = launch(
      ["notifier"],
      ownSettings({ NOTIFIER_PORT: "0", NOTIFIER_HOST: "0.0.0.0" })
    )
    expect(await ended).toBe(78)
    expect(output()).toContain("it needs a NOTIFIER_PASSWORD")
  }, 60_000)
})
