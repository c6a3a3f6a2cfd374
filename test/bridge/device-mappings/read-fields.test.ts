/** The fields of registrations: what is taken, and which field is named when one is invalid. */
import { describe, expect, test } from "bun:test"
import { createECDH } from "node:crypto"
import { FieldProblem, readDeviceId, readMappingFields } from "../../../bridge/device-mappings/read-fields.ts"

const ecdh = createECDH("prime256v1")
const p256dh = ecdh.generateKeys("base64url")
const auth = Buffer.alloc(16, 7).toString("base64url")
const endpoint = "https://push.example/1"
const subscription = { endpoint, keys: { p256dh, auth } }

const problemOf = (read: () => unknown): { field: string; message: string } => {
  try {
    read()
  } catch (error) {
    if (error instanceof FieldProblem) return { field: error.field, message: error.message }
    throw error
  }
  throw new Error("It was accepted.")
}

describe("fields that are taken", () => {
  test("all of them, trimmed, a number as its digits; unknown ones are ignored", () => {
    const fields = readMappingFields({
      callback_url: " http://app.example/push ",
      web_push: subscription,
      onesignal_id: 12,
      fcm_token: "t",
      locale: "de_AT",
      sendbird_id: "old"
    })
    expect(fields).toEqual({
      callbackUrl: "http://app.example/push",
      webPush: { endpoint, p256dh, auth },
      oneSignalId: "12",
      fcmToken: "t",
      locale: "de_AT"
    })
  })

  test("blank ones are left out", () => {
    expect(
      readMappingFields({ callback_url: " ", web_push: "", locale: null, fcm_token: undefined })
    ).toEqual({})
  })

  test("a subscription as text of a form, with padded keys", () => {
    const padded = { endpoint, keys: { p256dh: `${p256dh}=`, auth: `${auth}==` } }
    expect(readMappingFields({ web_push: JSON.stringify(padded) })).toEqual({
      webPush: { endpoint, p256dh, auth }
    })
  })
})

describe("fields that are refused, by name", () => {
  const notOnCurve = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]).toString("base64url")
  const cases: ReadonlyArray<readonly [field: string, fields: Record<string, unknown>, says: RegExp]> = [
    ["callback_url", { callback_url: "app.example" }, /must be a URL/],
    ["callback_url", { callback_url: "ftp://app.example/" }, /must be a URL/],
    ["callback_url", { callback_url: "https://a:b@app.example/" }, /user or a password/],
    ["callback_url", { callback_url: `https://app.example/${"a".repeat(2_048)}` }, /limit of 2048/],
    ["callback_url", { callback_url: ["https://app.example/"] }, /must be a text/],
    ["onesignal_id", { onesignal_id: {} }, /must be a text/],
    ["fcm_token", { fcm_token: "a\nb" }, /control characters/],
    ["fcm_token", { fcm_token: "a".repeat(4_097) }, /limit of 4096/],
    ["locale", { locale: "d" }, /a language like en/],
    ["locale", { locale: "../../etc" }, /a language like en/],
    ["web_push", { web_push: "{" }, /must be a subscription/],
    ["web_push", { web_push: "[]" }, /must be a subscription/],
    ["web_push", { web_push: { endpoint } }, /must be a subscription/],
    ["web_push", { web_push: { endpoint, keys: { p256dh } } }, /must be a subscription/],
    ["web_push", { web_push: { endpoint: "push", keys: { p256dh, auth } } }, /must be a URL/],
    ["web_push", { web_push: { endpoint, keys: { p256dh: "AAAA", auth } } }, /keys.p256dh/],
    ["web_push", { web_push: { endpoint, keys: { p256dh: notOnCurve, auth } } }, /keys.p256dh/],
    ["web_push", { web_push: { endpoint, keys: { p256dh, auth: "AAAA" } } }, /keys.auth/],
    ["web_push", { web_push: { endpoint, keys: { p256dh, auth: "?".repeat(22) } } }, /keys.auth/]
  ]
  for (const [field, fields, says] of cases) {
    test(`${JSON.stringify(fields).slice(0, 60)}: ${says.source}`, () => {
      const problem = problemOf(() => readMappingFields(fields))
      expect(problem.field).toBe(field)
      expect(problem.message).toMatch(says)
      expect(problem.message.startsWith(`${field} `)).toBe(true)
    })
  }

  test("the device's id: missing, blank, too long", () => {
    for (const fields of [{}, { device_id: "  " }, { device_id: "a".repeat(201) }])
      expect(problemOf(() => readDeviceId(fields)).field).toBe("device_id")
    expect(readDeviceId({ deviceid: " a " }, "deviceid")).toBe("a")
  })
})
