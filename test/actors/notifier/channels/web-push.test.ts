/** Web Push on both runtimes: a local push service decrypts what it gets and checks who sent it. */
import { describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import {
  checkVapidDetails,
  newVapidKeys,
  webPushCall
} from "../../../../actors/notifier/channels/web-push.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { DeliveryId, type Message } from "../../../../contracts/reactions/delivery.ts"
import { denoProgram } from "../../../support/deno.ts"
import { decrypted, makeBrowserKeys, verifiedClaims } from "../push-endpoint.ts"

const program = join(import.meta.dirname, "..", "push-once.ts")
const deno = denoProgram()
const runtimes = [
  { name: "Bun", isMissing: false, command: [process.execPath, program] },
  { name: "Deno", isMissing: deno === undefined, command: [deno ?? "", "run", "-A", program] }
]

const message: Message = {
  ...{ device: "phone", channel: "web-push", locale: "de", title: "Grüße", message: "Zeile 1\nZeile 2 🌞" },
  ...{ url: "https://shop.example/1", data: { a: "1" } }
}
const vapid = { ...newVapidKeys(), subject: "mailto:ops@shop.example" }

for (const { name, isMissing, command } of runtimes) {
  describe.skipIf(isMissing)(`on ${name}`, () => {
    test("the payload is for this browser only, and signed by this installation", async () => {
      const browser = makeBrowserKeys()
      const got: Array<{ readonly headers: Headers; readonly body: Uint8Array; readonly path: string }> = []
      const service = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch: async (request) => {
          const body = await request.bytes()
          got.push({ headers: request.headers, body, path: new URL(request.url).pathname })
          return new Response(null, { status: 201 })
        }
      })
      try {
        const origin = `http://127.0.0.1:${service.port}`
        const subscription = { endpoint: `${origin}/sub/1`, ...browser.subscriptionKeys }
        const args = [message, subscription, vapid].map((each) => JSON.stringify(each))
        const [file = "", ...rest] = [...command, ...args, "event.rule.web-push", "90500"]
        const { stdout } = await promisify(execFile)(file, rest)
        expect(stdout).toBe("201")
        const [{ headers, body, path } = { headers: new Headers(), body: new Uint8Array(), path: "" }] = got
        expect(got).toHaveLength(1)
        expect(path).toBe("/sub/1")
        expect(JSON.parse(decrypted(body, browser))).toEqual({
          title: "Grüße",
          body: "Zeile 1\nZeile 2 🌞",
          url: "https://shop.example/1",
          data: { a: "1" },
          locale: "de"
        })
        expect(() => decrypted(body, makeBrowserKeys())).toThrow()
        expect(headers.get("content-encoding")).toBe("aes128gcm")
        expect(headers.get("content-type")).toBe("application/octet-stream")
        expect(headers.get("ttl")).toBe("90")
        expect(headers.get("urgency")).toBe("normal")
        expect(headers.get("topic")).toMatch(/^[A-Za-z0-9_-]{32}$/)
        const authorization = headers.get("authorization") ?? ""
        const { aud, sub, exp } = verifiedClaims(authorization, vapid.publicKey)
        expect([aud, sub]).toEqual([origin, "mailto:ops@shop.example"])
        const lasts = exp - Date.now() / 1_000
        expect(lasts).toBeGreaterThan(60)
        expect(lasts).toBeLessThanOrEqual(24 * 60 * 60)
        expect(() => verifiedClaims(authorization, newVapidKeys().publicKey)).toThrow()
        const tampered = authorization.replace(
          /\.([A-Za-z0-9_-])/,
          (_, c: string) => `.${c === "A" ? "B" : "A"}`
        )
        expect(() => verifiedClaims(tampered, vapid.publicKey)).toThrow("invalid")
      } finally {
        await service.stop(true)
      }
    }, 60_000)
  })
}

describe("a call to a push service", () => {
  const subscription = { endpoint: "https://push.example/1", ...makeBrowserKeys().subscriptionKeys }
  const callOf = (id: string, ttlMs = 1_000, of = subscription) =>
    webPushCall(message, of, vapid, { id: DeliveryId.make(id), ttlMs })
  const header = (name: string, call: ReturnType<typeof callOf>): string =>
    new Map(call.headers).get(name) ?? ""

  test("a repeated call has the same topic, another delivery has another one", () => {
    expect(header("topic", callOf("a"))).toBe(header("topic", callOf("a")))
    expect(header("topic", callOf("a"))).not.toBe(header("topic", callOf("b")))
  })

  test("the time to live is within what push services take", () => {
    expect(header("ttl", callOf("a", -5))).toBe("0")
    expect(header("ttl", callOf("a", 1e12))).toBe("2419200")
  })

  test("has no signature of webhooks, and leaves the length to the sender", () => {
    const call = callOf("a")
    expect(call.sign).toBe("none")
    expect(header("content-length", call)).toBe("")
  })

  test("a subscription with a broken key fails for good", () => {
    const broken = { ...subscription, p256dh: Buffer.alloc(65, 4).toString("base64url") }
    try {
      callOf("a", 1_000, broken)
    } catch (cause) {
      expect(cause).toBeInstanceOf(Failure)
      expect((cause as Failure).retry).toBe(false)
      expect((cause as Failure).message).toContain("cannot be encrypted for this subscription")
      return
    }
    throw new Error("It was encrypted.")
  })

  test("new keys are a pair that push services accept", () => {
    const keys = newVapidKeys()
    expect(() => checkVapidDetails({ ...keys, subject: "https://shop.example" })).not.toThrow()
    expect(keys.publicKey).not.toBe(newVapidKeys().publicKey)
    expect(Buffer.from(keys.publicKey, "base64url")).toHaveLength(65)
    expect(Buffer.from(keys.privateKey, "base64url")).toHaveLength(32)
  })
})
