/**
 * A browser's side of Web Push for tests: keys of a subscription, and the decryption of a pushed body, written after RFC
 * 8291 and 8188 with the runtime's own cryptography; and the check of the VAPID signature (RFC 8292).
 */
import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, verify } from "node:crypto"

export interface BrowserKeys {
  readonly ecdh: ECDH
  readonly secret: Buffer
  readonly subscriptionKeys: { readonly p256dh: string; readonly auth: string }
}

export const makeBrowserKeys = (): BrowserKeys => {
  const ecdh = createECDH("prime256v1")
  const p256dh = ecdh.generateKeys("base64url")
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
  return { ecdh, secret, subscriptionKeys: { p256dh, auth: secret.toString("base64url") } }
}

const derived = (key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer =>
  Buffer.from(hkdfSync("sha256", key, salt, info, length))

/** The plain text of a body with the content encoding aes128gcm. Throws for a body that is not for these keys. */
export const decrypted = (body: Uint8Array, { ecdh, secret }: BrowserKeys): string => {
  const bytes = Buffer.from(body)
  const salt = bytes.subarray(0, 16)
  const keyLength = bytes.readUInt8(20)
  const sender = bytes.subarray(21, 21 + keyLength)
  const encrypted = bytes.subarray(21 + keyLength)
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), ecdh.getPublicKey(), sender])
  const input = derived(ecdh.computeSecret(sender), secret, info, 32)
  const key = derived(input, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16)
  const nonce = derived(input, salt, Buffer.from("Content-Encoding: nonce\0"), 12)
  const decipher = createDecipheriv("aes-128-gcm", key, nonce)
  decipher.setAuthTag(encrypted.subarray(-16))
  const padded = Buffer.concat([decipher.update(encrypted.subarray(0, -16)), decipher.final()])
  const end = padded.lastIndexOf(2)
  if (end < 0) throw new Error("The record has no delimiter.")
  return padded.subarray(0, end).toString("utf8")
}

export interface VapidClaims {
  readonly aud: string
  readonly exp: number
  readonly sub: string
}

/** The claims of `Authorization: vapid t=…, k=…`. Throws unless they are signed with the key `publicKey` (base64url). */
export const verifiedClaims = (authorization: string, publicKey: string): VapidClaims => {
  const [, token = "", key = ""] = /^vapid t=([^,\s]+), ?k=(\S+)$/.exec(authorization) ?? []
  if (key !== publicKey) throw new Error(`Another key: ${authorization}`)
  const [header = "", claims = "", signature = ""] = token.split(".")
  const point = Buffer.from(publicKey, "base64url")
  const jwk = {
    ...{ kty: "EC", crv: "P-256" },
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url")
  }
  const isSigned = verify(
    "sha256",
    Buffer.from(`${header}.${claims}`),
    { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url")
  )
  if (!isSigned) throw new Error("The signature is invalid.")
  return JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as VapidClaims
}
