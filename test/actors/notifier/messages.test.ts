/** Notifications become messages of each channel, in the device's language; messages become calls. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { generateKeyPairSync, verify } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, type Scope } from "effect"
import { newVapidKeys } from "../../../actors/notifier/channels/web-push.ts"
import { makeMessages } from "../../../actors/notifier/make-messages.ts"
import type { Messages } from "../../../actors/notifier/messages.ts"
import { makeRenderer, type RenderedNotify } from "../../../actors/rules/render.ts"
import { DeviceMappings } from "../../../bridge/device-mappings/service.ts"
import { sqliteDeviceMappings } from "../../../bridge/device-mappings/sqlite.ts"
import { Failure } from "../../../contracts/failure.ts"
import { decode } from "../../../contracts/messages/msgpack.ts"
import {
  type Answer,
  type DeliveryContent,
  DeliveryId,
  type Message
} from "../../../contracts/reactions/delivery.ts"
import { makeBrowserKeys } from "./push-endpoint.ts"

const keys = newVapidKeys()
const vapid = {
  VAPID_PUBLIC_KEY: keys.publicKey,
  VAPID_PRIVATE_KEY: keys.privateKey,
  VAPID_SUBJECT: "mailto:ops@shop.example"
}
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 })

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spoor-notifier-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const renderer = makeRenderer({ vars: {}, secrets: { ONESIGNAL_KEY: "s3cret" } })

/** Runs the body with messages of those settings and a store of its own. */
const run = <A>(
  env: Readonly<Record<string, string>>,
  body: (messages: Messages, mappings: DeviceMappings["Service"]) => Effect.Effect<A, unknown, Scope.Scope>
): Promise<A> =>
  Effect.gen(function* () {
    const mappings = yield* sqliteDeviceMappings(mkdtempSync(join(folder, "data-")))
    const messages = yield* Effect.provideService(
      makeMessages(() => renderer),
      DeviceMappings,
      mappings
    )
    return yield* body(messages, mappings)
  }).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.scoped,
    Effect.runPromise
  )

const event: DeliveryContent["event"] = {
  id: "0123456789abcdef0123456789abcdef-3",
  type: "match_found",
  topic: "t" as DeliveryContent["event"]["topic"],
  time: 1,
  params: { offer_id: "o 1", search_id: "s1", offer_title: "Bike", search_title: "Fahrrad" },
  lists: {},
  meta: {},
  hops: 0
}
const delivery = {
  id: DeliveryId.make(`${event.id}.tell`),
  rule: "tell",
  expires: Date.now() + 3_600_000,
  content: { v: 1, event, steps: [], at: 0, answers: {}, traceparent: "00-1-2-01" }
} as const

const notify: RenderedNotify = {
  ...{ device: "phone", title: "Hello", message: "World", text: undefined },
  ...{ url: "https://shop.example/1", data: { a: "1" } }
}

const contentOf = (bytes: Uint8Array): DeliveryContent => decode(bytes) as DeliveryContent
const answer = (status: number, json?: unknown): Answer => ({
  status,
  body: "",
  ...(json === undefined ? {} : { json })
})
const browser = makeBrowserKeys()
const webPush = { endpoint: "https://push.example:8443/sub/1", ...browser.subscriptionKeys }

describe("a notification becomes messages", () => {
  test("one delivery per registered channel, with line, target and id of its own", () =>
    run(
      { ...vapid, ONESIGNAL_APP_ID: "app", FCM_SERVICE_ACCOUNT: account("http://127.0.0.1:1") },
      (messages, mappings) =>
        Effect.gen(function* () {
          yield* mappings.put("phone", {
            ...{ callbackUrl: "http://app.example:81/push?k=1", webPush },
            ...{ fcmToken: "f", oneSignalId: "o", locale: "de-AT" }
          })
          const { spawn, suppressed } = yield* messages.expandNotify(delivery, notify)
          expect(suppressed).toEqual([])
          expect(spawn.map(({ id, rule, target }) => [id, rule, target] as ReadonlyArray<string>)).toEqual([
            [`${delivery.id}.callback`, "tell/callback", "http://app.example:81"],
            [`${delivery.id}.web-push`, "tell/web-push", "https://push.example:8443"],
            [`${delivery.id}.fcm`, "tell/fcm", "https://fcm.googleapis.com"],
            [`${delivery.id}.onesignal`, "tell/onesignal", "https://api.onesignal.com"]
          ])
          for (const { expires, gates, content } of spawn) {
            expect(expires).toBe(delivery.expires)
            expect(gates).toEqual([])
            const { message, steps, event: caused, traceparent } = contentOf(content)
            expect(steps).toEqual([])
            expect(caused).toEqual(event)
            expect(traceparent).toBe("00-1-2-01")
            expect(message).toMatchObject({
              device: "phone",
              locale: "de-AT",
              title: "Hello",
              message: "World"
            })
          }
        })
    ))

  test("a device without mapping, or without channel, is counted with the reason", () =>
    run({}, (messages, mappings) =>
      Effect.gen(function* () {
        expect(yield* messages.expandNotify(delivery, notify)).toEqual({
          spawn: [],
          suppressed: [{ rule: "tell/device", reason: "no device", count: 1 }]
        })
        yield* mappings.put("phone", { locale: "de" })
        expect((yield* messages.expandNotify(delivery, notify)).suppressed).toEqual([
          { rule: "tell/device", reason: "no channel", count: 1 }
        ])
      })
    ))

  test("a channel that is not configured is counted, the others get the message", () =>
    run({}, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", {
          callbackUrl: "http://app.example/",
          webPush,
          fcmToken: "f",
          oneSignalId: "o"
        })
        const { spawn, suppressed } = yield* messages.expandNotify(delivery, notify)
        expect(spawn.map(({ rule }) => rule)).toEqual(["tell/callback"])
        expect(suppressed).toEqual([
          { rule: "tell/web-push", reason: "not configured", count: 1 },
          { rule: "tell/fcm", reason: "not configured", count: 1 },
          { rule: "tell/onesignal", reason: "not configured", count: 1 }
        ])
      })
    ))

  test("a second notification of one delivery has other ids", () =>
    run({}, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", { callbackUrl: "http://app.example/" })
        const later = { ...delivery, content: { ...delivery.content, at: 2 } }
        const { spawn } = yield* messages.expandNotify(later, notify)
        expect(spawn.map(({ id }) => String(id))).toEqual([`${delivery.id}.2-callback`])
      })
    ))
})

describe("texts by language", () => {
  const texted = (
    locale: string | undefined,
    text: string,
    env: Readonly<Record<string, string>> = {}
  ): Promise<Message | undefined> =>
    run(env, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", {
          callbackUrl: "http://app.example/",
          ...(locale === undefined ? {} : { locale })
        })
        const blank = { ...notify, title: "", message: "", url: "", text }
        const { spawn } = yield* messages.expandNotify(delivery, blank)
        return spawn[0] === undefined ? undefined : contentOf(spawn[0].content).message
      })
    )

  test("English, German, a region of German, and English for others and for none", async () => {
    const english = {
      title: "Bike",
      message: "Your search “Fahrrad” has found an offer.",
      url: "pushtech://search/s1/o%201/matched"
    }
    const german = { ...english, message: "Deine Suche „Fahrrad“ hat ein Angebot gefunden." }
    expect(await texted("en", "match-found-search")).toMatchObject(english)
    expect(await texted("de", "match-found-search")).toMatchObject(german)
    expect(await texted("DE_at", "match-found-search")).toMatchObject({ ...german, locale: "DE_at" })
    expect(await texted("fr", "match-found-search")).toMatchObject(english)
    expect(await texted(undefined, "match-found-search")).toMatchObject({ ...english, locale: "en" })
  })

  test("texts of NOTIFY_TEXTS come first, and the bundled ones stay", async () => {
    const own = mkdtempSync(join(folder, "texts-"))
    writeFileSync(join(own, "de-AT.yaml"), 'news: { title: "Servus", message: "{{ params.offer_title }}" }\n')
    writeFileSync(join(own, "fr.yaml"), 'news: { title: "Bonjour", message: "{{ params.offer_title }}" }\n')
    writeFileSync(join(own, "en.yaml"), "news: { title: Hello, message: news }\n")
    const env = { NOTIFY_TEXTS: own }
    expect(await texted("de-at", "news", env)).toMatchObject({ title: "Servus", message: "Bike" })
    expect(await texted("fr-CA", "news", env)).toMatchObject({ title: "Bonjour" })
    expect(await texted("de", "news", env)).toMatchObject({ title: "Hello" })
    expect(await texted("de-AT", "match-found-search", env)).toMatchObject({ title: "Bike" })
  })

  test("an unknown text fails for good and says where to write it", async () => {
    const failure = await Effect.runPromise(
      Effect.flip(
        Effect.tryPromise({ try: () => texted("en", "nothing"), catch: (cause) => cause as Failure })
      )
    )
    expect(failure.message).toContain('There is no text "nothing"')
    expect(failure.retry).toBe(false)
  })
})

describe("invalid settings end the start with one sentence", () => {
  const problem = async (env: Readonly<Record<string, string>>): Promise<string> => {
    try {
      await run(env, () => Effect.void)
    } catch (cause) {
      if (cause instanceof Failure && cause.reason === "misconfigured") return cause.message
      throw cause
    }
    throw new Error("It started.")
  }
  const withFile = (name: string, text: string): string => {
    const own = mkdtempSync(join(folder, "files-"))
    writeFileSync(join(own, name), text)
    return own
  }

  test("Web Push in part, or with invalid keys", async () => {
    expect(await problem({ VAPID_PUBLIC_KEY: keys.publicKey })).toContain("spoor push-keys")
    expect(await problem({ ...vapid, VAPID_SUBJECT: "" })).toContain("needs VAPID_PUBLIC_KEY")
    expect(await problem({ ...vapid, VAPID_SUBJECT: "ops" })).toContain("VAPID_SUBJECT is invalid")
    expect(await problem({ ...vapid, VAPID_PRIVATE_KEY: "abc" })).toContain("is invalid")
  })

  test("FCM without an account, or with one that is none", async () => {
    expect(await problem({ FCM_PROJECT: "p" })).toContain("FCM_SERVICE_ACCOUNT is not")
    expect(await problem({ FCM_SERVICE_ACCOUNT: "{" })).toContain("is not JSON")
    expect(await problem({ FCM_SERVICE_ACCOUNT: "{}" })).toContain("needs client_email")
    expect(await problem({ FCM_SERVICE_ACCOUNT: account("http://a.example", "no key") })).toContain("PEM")
  })

  test("texts and channels that cannot be read, or with invalid templates", async () => {
    expect(await problem({ NOTIFY_TEXTS: join(folder, "missing") })).toContain("cannot be read")
    expect(await problem({ NOTIFY_TEXTS: withFile("fr.yaml", "a: [") })).toContain(
      "NOTIFY_TEXTS: fr.yaml: Invalid YAML"
    )
    expect(await problem({ NOTIFY_TEXTS: withFile("fr.yaml", "a: { title: b }") })).toContain("message")
    expect(
      await problem({ NOTIFY_TEXTS: withFile("fr.yaml", 'a: { title: "{{ x | nofilter }}", message: b }') })
    ).toContain("fr.yaml: a is invalid")
    expect(await problem({ NOTIFY_CHANNELS: withFile("fcm.yaml", "method: POST") })).toContain("fcm.yaml")
  })
})

describe("a message becomes a call", () => {
  const message: Message = {
    ...{ device: "phone", channel: "callback", locale: "de", title: "Hallo „du“", message: "Welt\n2" },
    ...{ url: "https://shop.example/1", data: { a: "1" } }
  }
  const due = { id: DeliveryId.make(`${delivery.id}.x`), expires: Date.now() + 60_000 }

  test("callback: JSON of the old server, signed like any webhook", () =>
    run({}, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", { callbackUrl: "http://app.example/push" })
        const call = yield* messages.renderMessage(message, due)
        expect(call).toMatchObject({ method: "POST", url: "http://app.example/push", sign: undefined })
        expect(JSON.parse(String(call.body))).toEqual({
          url: "https://shop.example/1",
          msg: "Welt\n2",
          locale: "de",
          title: "Hallo „du“",
          data: { a: "1" },
          params: { a: "1" }
        })
        expect([204, 299, 301, 404].map(call.accepts)).toEqual([true, true, false, false])
      })
    ))

  test("Web Push: over the limit of push services it fails for good", () =>
    run(vapid, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", { webPush })
        const long = { ...message, channel: "web-push" as const, message: "ü".repeat(2_000) }
        const failure = yield* Effect.flip(messages.renderMessage(long, due))
        expect(failure).toMatchObject({ reason: "too-large", retry: false })
        expect(failure.message).toContain("at most 3993")
      })
    ))

  test("OneSignal: JSON with the app, the subscription, and an id that is the same in each try", () =>
    run({ ONESIGNAL_APP_ID: "app-1" }, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", { oneSignalId: "player-1" })
        const push = { ...message, channel: "onesignal" as const }
        const call = yield* messages.renderMessage(push, due)
        expect(call.url).toBe("https://api.onesignal.com/notifications")
        expect(call.sign).toBe("none")
        expect(call.address).toBe("player-1")
        const headers = new Map(call.headers)
        expect(renderer.reveal(headers.get("authorization") ?? "")).toBe("Key s3cret")
        expect(renderer.mask(headers.get("authorization") ?? "")).not.toContain("s3cret")
        const body = JSON.parse(String(call.body))
        expect(body).toEqual({
          app_id: "app-1",
          target_channel: "push",
          include_subscription_ids: ["player-1"],
          idempotency_key: expect.stringMatching(
            /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/
          ),
          headings: { en: "Hallo „du“" },
          contents: { en: "Welt\n2" },
          url: "https://shop.example/1",
          data: { a: "1", url: "https://shop.example/1" }
        })
        const again = yield* messages.renderMessage(push, due)
        expect(again.body).toEqual(call.body)
        const other = yield* messages.renderMessage(
          { ...push, url: "" },
          { ...due, id: DeliveryId.make("other") }
        )
        expect(JSON.parse(String(other.body))).not.toHaveProperty("url")
        expect(JSON.parse(String(other.body)).idempotency_key).not.toBe(body.idempotency_key)
      })
    ))

  test("FCM: a token from Google for the service account, used for an hour", async () => {
    const asked: Array<URLSearchParams> = []
    let status = 200
    const google = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        asked.push(new URLSearchParams(await request.text()))
        return Response.json({ access_token: `token-${asked.length}`, expires_in: 3_600 }, { status })
      }
    })
    const tokenUrl = `http://127.0.0.1:${google.port}/token`
    try {
      await run({ FCM_SERVICE_ACCOUNT: account(tokenUrl) }, (messages, mappings) =>
        Effect.gen(function* () {
          yield* mappings.put("phone", { fcmToken: "device:1" })
          const push = { ...message, channel: "fcm" as const }
          status = 500
          const failure = yield* Effect.flip(messages.renderMessage(push, due))
          expect(failure).toMatchObject({ reason: "unavailable", retry: true })
          status = 200
          const calls = yield* Effect.all(
            [messages.renderMessage(push, due), messages.renderMessage(push, due)],
            { concurrency: "unbounded" }
          )
          for (const call of calls) {
            expect(call.url).toBe("https://fcm.googleapis.com/v1/projects/shop-1/messages:send")
            expect(new Map(call.headers).get("authorization")).toBe("Bearer token-2")
            expect(JSON.parse(String(call.body))).toEqual({
              message: {
                token: "device:1",
                notification: { title: "Hallo „du“", body: "Welt\n2" },
                data: { a: "1", url: "https://shop.example/1" }
              }
            })
          }
          expect(asked).toHaveLength(2)
        })
      )
      const [header = "", claims = "", signature = ""] = (asked[1]?.get("assertion") ?? "").split(".")
      expect(asked[1]?.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer")
      const isSigned = verify(
        "RSA-SHA256",
        Buffer.from(`${header}.${claims}`),
        rsa.publicKey,
        Buffer.from(signature, "base64url")
      )
      expect(isSigned).toBe(true)
      expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
        iss: "push@shop-1.example",
        aud: tokenUrl,
        scope: "https://www.googleapis.com/auth/firebase.messaging"
      })
    } finally {
      await google.stop(true)
    }
  })

  test("a channel that was removed since, or turned off, fails for good", () =>
    run({}, (messages, mappings) =>
      Effect.gen(function* () {
        const failures = yield* Effect.forEach(
          ["callback", "web-push", "fcm", "onesignal"] as const,
          (channel) => Effect.flip(messages.renderMessage({ ...message, channel }, due))
        )
        for (const failure of failures) expect(failure.message).toContain("no longer registered")
        yield* mappings.put("phone", { webPush, fcmToken: "f" })
        const off = yield* Effect.flip(messages.renderMessage({ ...message, channel: "fcm" }, due))
        expect(off.message).toContain("turned off")
        expect([...failures, off].every(({ retry }) => !retry)).toBe(true)
      })
    ))
})

describe("after an answer", () => {
  const message = { device: "phone", locale: "en", title: "", message: "", url: "", data: {} } as const
  const cases: ReadonlyArray<
    readonly [channel: Message["channel"], answer: Answer, outcome: "gone" | "there"]
  > = [
    ["web-push", answer(201), "there"],
    ["web-push", answer(404), "gone"],
    ["web-push", answer(410), "gone"],
    ["web-push", answer(403), "there"],
    ["callback", answer(404), "there"],
    ["callback", answer(410), "gone"],
    ["fcm", answer(404), "there"],
    ["fcm", answer(404, { error: { details: [{ errorCode: "UNREGISTERED" }] } }), "gone"],
    ["onesignal", answer(200, { id: "1" }), "there"],
    ["onesignal", answer(200, { id: "", errors: ["All included players are not subscribed"] }), "gone"],
    ["onesignal", answer(200, { id: "1", errors: { invalid_player_ids: ["address"] } }), "gone"],
    ["onesignal", answer(200, { id: "1", errors: { invalid_player_ids: ["other"] } }), "there"],
    ["onesignal", answer(400, { errors: ["All included players are not subscribed"] }), "there"]
  ]
  for (const [channel, given, outcome] of cases) {
    test(`${channel} ${given.status} ${JSON.stringify(given.json ?? "")}: ${outcome}`, () =>
      run({}, (messages, mappings) =>
        Effect.gen(function* () {
          yield* mappings.put("phone", {
            ...{ callbackUrl: "address", fcmToken: "address", oneSignalId: "address", locale: "en" },
            webPush: { ...webPush, endpoint: "address" }
          })
          expect(yield* messages.afterMessage({ ...message, channel }, "address", given)).toBe(outcome)
          const left = Object.keys((yield* mappings.get("phone")) ?? {}).length
          expect(left).toBe(outcome === "gone" ? 7 : 8)
        })
      ))
  }

  test("an address that was replaced meanwhile stays", () =>
    run({}, (messages, mappings) =>
      Effect.gen(function* () {
        yield* mappings.put("phone", { webPush })
        expect(yield* messages.afterMessage({ ...message, channel: "web-push" }, "older", answer(410))).toBe(
          "gone"
        )
        expect((yield* mappings.get("phone"))?.webPush).toEqual(webPush)
      })
    ))
})

function account(tokenUrl: string, key = rsa.privateKey.export({ type: "pkcs8", format: "pem" })): string {
  return JSON.stringify({
    ...{ client_email: "push@shop-1.example", private_key: key, token_uri: tokenUrl },
    ...{ project_id: "shop-1", private_key_id: "k1" }
  })
}
