/**
 * The signature of lines that an edge posts over HTTP: the header `Spoor-Signature: t=<seconds>,v1=<hex>`, an HMAC-SHA-256
 * of `<seconds>.<body>` with the secret that edge and centre share. Pure.
 */
import { createHmac, timingSafeEqual } from "node:crypto"

/** The name of the header, in lower case. */
export const signatureHeader = "spoor-signature"

/** The path of a gateway that takes lines of edges. */
export const edgeLinesPath = "/api/v1/edge/lines"

/** How far the time of a signature may be from the receiver's clock, seconds. */
export const maxSignatureAge = 300

const codeOf = (secret: string, seconds: number, body: Uint8Array): Uint8Array =>
  createHmac("sha256", secret).update(`${seconds}.`).update(body).digest()

/**
 * The value of the header; `seconds` since 1970, `body` as it is sent.
 *
 * @example
 * const value = signBody(secret, Math.floor(Date.now() / 1000), body)
 * await fetch(centre + edgeLinesPath, { method: "POST", body, headers: { [signatureHeader]: value } })
 */
export const signBody = (secret: string, seconds: number, body: Uint8Array): string =>
  `t=${seconds},v1=${Buffer.from(codeOf(secret, seconds, body)).toString("hex")}`

export interface Signature {
  /** Seconds since 1970. */
  readonly seconds: number
  readonly code: Uint8Array
}

/** The time and the code in the header; undefined for a header in another form. */
export const readSignature = (header: string | null): Signature | undefined => {
  const [, seconds, code] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "") ?? []
  if (seconds === undefined || code === undefined) return undefined
  return { seconds: Number(seconds), code: Buffer.from(code, "hex") }
}

/** True when `secret` made the signature of exactly this body. Compares in constant time. */
export const isSignedWith = (secret: string, { seconds, code }: Signature, body: Uint8Array): boolean =>
  timingSafeEqual(codeOf(secret, seconds, body), code)
