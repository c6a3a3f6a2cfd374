/**
 * The signature of lines that an edge posts over HTTP: the header `Spoor-Signature: t=<seconds>,v1=<hex>`, an HMAC-SHA-256
 * of `<seconds>.<body>` with the secret that edge and centre share. Runs wherever Web Crypto does.
 */

/** The name of the header, in lower case. */
export const signatureHeader = "spoor-signature"

/** The path of a gateway that takes lines of edges. */
export const edgeLinesPath = "/api/v1/edge/lines"

/** How far the time of a signature may be from the receiver's clock, seconds. */
export const maxSignatureAge = 300

const algorithm = { name: "HMAC", hash: "SHA-256" } as const

const keyOf = (secret: string, use: "sign" | "verify"): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, [use])

const signed = (seconds: number, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const head = new TextEncoder().encode(`${seconds}.`)
  const all = new Uint8Array(head.length + body.length)
  all.set(head)
  all.set(body, head.length)
  return all
}

/**
 * The value of the header; `seconds` since 1970, `body` as it is sent.
 *
 * @example
 * const value = await signBody(secret, Math.floor(Date.now() / 1000), body)
 * await fetch(`${centre}${edgeLinesPath}`, { method: "POST", body, headers: { [signatureHeader]: value } })
 */
export const signBody = async (secret: string, seconds: number, body: Uint8Array): Promise<string> => {
  const mac = await crypto.subtle.sign("HMAC", await keyOf(secret, "sign"), signed(seconds, body))
  const hex = Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0")).join("")
  return `t=${seconds},v1=${hex}`
}

/** The time and the code in the header; undefined for a header in another form. */
export interface Signature {
  /** Seconds since 1970. */
  readonly seconds: number
  readonly code: Uint8Array<ArrayBuffer>
}

export const readSignature = (header: string | null): Signature | undefined => {
  const parts = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "")
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined
  const pairs = parts[2].match(/../g) ?? []
  return { seconds: Number(parts[1]), code: Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)) }
}

/** True when `secret` made the signature of exactly this body. Compares in constant time. */
export const matches = async (
  { seconds, code }: Signature,
  secret: string,
  body: Uint8Array
): Promise<boolean> =>
  crypto.subtle.verify("HMAC", await keyOf(secret, "verify"), code, signed(seconds, body))
