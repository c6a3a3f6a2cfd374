/** Reads the fields of a registration as clients send them, and says of an invalid one which it is. Pure. */
import { Buffer } from "node:buffer"
import { createECDH } from "node:crypto"
import type { DeviceMapping, MappingField, WebPushSubscription } from "./service.ts"

/** A field of a request is missing or invalid. The message is a sentence that begins with the field's name. */
export class FieldProblem extends Error {
  readonly field: string

  constructor(field: string, problem: string) {
    super(`${field} ${problem}`)
    this.field = field
  }
}

/** The limits of a device id, of a URL and of a push service's id, characters. */
export const maxDeviceIdChars = 200
export const maxUrlChars = 2_048
const maxTokenChars = 4_096

/** Fields by name: texts of a form, or any values of JSON. */
export type RequestFields = Readonly<Record<string, unknown>>

/** The id of a device in that field. Throws `FieldProblem`. */
export const readDeviceId = (fields: RequestFields, name = "device_id"): string => {
  const id = textIn(fields, name, maxDeviceIdChars)
  if (id === undefined) throw new FieldProblem(name, "is missing: send the id of the device.")
  return id
}

/** The fields that are not blank; unknown ones are ignored. Throws `FieldProblem` for the first invalid one. */
export const readMappingFields = (fields: RequestFields): Partial<Pick<DeviceMapping, MappingField>> => {
  const callbackUrl = textIn(fields, "callback_url", maxUrlChars)
  const webPush = webPushIn(fields)
  const oneSignalId = textIn(fields, "onesignal_id", maxTokenChars)
  const fcmToken = textIn(fields, "fcm_token", maxTokenChars)
  const locale = textIn(fields, "locale", 35)
  if (callbackUrl !== undefined) checkUrl("callback_url", callbackUrl)
  if (locale !== undefined && !localePattern.test(locale))
    throw new FieldProblem("locale", "must be a language like en, or with a region like de-AT.")
  return {
    ...(callbackUrl === undefined ? {} : { callbackUrl }),
    ...(webPush === undefined ? {} : { webPush }),
    ...(oneSignalId === undefined ? {} : { oneSignalId }),
    ...(fcmToken === undefined ? {} : { fcmToken }),
    ...(locale === undefined ? {} : { locale })
  }
}

const localePattern = /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/

const controls = /\p{Cc}/u

/** The trimmed text of a field; undefined for a missing or blank one. Numbers count as their digits. Throws `FieldProblem`. */
export const textIn = (fields: RequestFields, name: string, maxChars: number): string | undefined => {
  const value = fields[name] ?? ""
  if (typeof value !== "string" && typeof value !== "number") throw new FieldProblem(name, "must be a text.")
  const text = String(value).trim()
  if (text === "") return undefined
  if (text.length > maxChars) throw new FieldProblem(name, `exceeds the limit of ${maxChars} characters.`)
  if (controls.test(text)) throw new FieldProblem(name, "must not contain control characters.")
  return text
}

/** A text that people read: it may have several lines; other control characters become spaces. Throws `FieldProblem`. */
export const messageIn = (fields: RequestFields, name: string, maxChars: number): string | undefined => {
  const value = fields[name] ?? ""
  if (typeof value !== "string") throw new FieldProblem(name, "must be a text.")
  const text = value.replaceAll(/[^\P{Cc}\n]+/gu, " ").trim()
  if (text.length > maxChars) throw new FieldProblem(name, `exceeds the limit of ${maxChars} characters.`)
  return text === "" ? undefined : text
}

/** Throws `FieldProblem` unless it is an http or https URL without user and password. */
const checkUrl = (name: string, text: string): void => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new FieldProblem(name, "must be a URL like https://app.example/push.")
  if (url.username !== "" || url.password !== "")
    throw new FieldProblem(name, "must not contain a user or a password.")
}

const shape = 'must be a subscription: {"endpoint": URL, "keys": {"p256dh": key, "auth": key}}.'

/** The subscription in `web_push`: JSON, or its text in a form. */
const webPushIn = (fields: RequestFields): WebPushSubscription | undefined => {
  const given = fields.web_push ?? ""
  if (given === "" || (typeof given === "string" && given.trim() === "")) return undefined
  const { endpoint, keys } = recordIn(typeof given === "string" ? jsonIn(given) : given)
  const { p256dh, auth } = recordIn(keys)
  if (typeof endpoint !== "string" || typeof p256dh !== "string" || typeof auth !== "string")
    throw new FieldProblem("web_push", shape)
  if (endpoint.length > maxUrlChars)
    throw new FieldProblem("web_push", `has an endpoint of more than ${maxUrlChars} characters.`)
  checkUrl("web_push", endpoint)
  if (!isPublicKey(p256dh)) throw new FieldProblem("web_push", "needs a valid public key in keys.p256dh.")
  if (!isBase64Url(auth) || Buffer.from(auth, "base64url").length !== 16)
    throw new FieldProblem("web_push", "needs 16 bytes, base64url, in keys.auth.")
  return { endpoint, p256dh: unpadded(p256dh), auth: unpadded(auth) }
}

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new FieldProblem("web_push", shape)
  }
}

const recordIn = (value: unknown): RequestFields => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as RequestFields
  throw new FieldProblem("web_push", shape)
}

const isBase64Url = (text: string): boolean => /^[A-Za-z0-9_-]+={0,2}$/.test(text)

const unpadded = (text: string): string => text.replace(/=+$/, "")

/** Is it an uncompressed point of P-256? Only a computation with it can tell. */
const isPublicKey = (text: string): boolean => {
  const point = Buffer.from(text, "base64url")
  if (!isBase64Url(text) || point.length !== 65 || point[0] !== 4) return false
  try {
    const own = createECDH("prime256v1")
    own.generateKeys()
    own.computeSecret(point)
    return true
  } catch {
    return false
  }
}
