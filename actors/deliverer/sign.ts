/** Signatures of Standard Webhooks (https://www.standardwebhooks.com), version v1: HMAC-SHA256. Pure. */
import { Buffer } from "node:buffer"
import { createHmac } from "node:crypto"

const prefix = "whsec_"

/** The lengths of a secret that the standard asks for, bytes. */
const [minKeyBytes, maxKeyBytes] = [24, 64]

/** The keys in secrets separated by spaces, the newest first; undefined when one of them is none. */
export const signingKeys = (secrets: string): ReadonlyArray<Buffer> | undefined => {
  const texts = secrets.split(/\s+/).filter((one) => one !== "")
  const keys = texts.map((text) => {
    const encoded = text.startsWith(prefix) ? text.slice(prefix.length) : text
    return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, "base64") : Buffer.alloc(0)
  })
  const areValid = keys.every(({ length }) => length >= minKeyBytes && length <= maxKeyBytes)
  return keys.length > 0 && areValid ? keys : undefined
}

/**
 * The headers of one try. `id` is the same in every try; `seconds` is now, since 1970. Without keys there is no signature.
 *
 * @example
 * webhookHeaders("01a…-0.notify", 1796000000, '{"a":1}', signingKeys("whsec_…") ?? [])
 */
export const webhookHeaders = (
  id: string,
  seconds: number,
  body: string | Uint8Array | undefined,
  keys: ReadonlyArray<Buffer>
): ReadonlyArray<readonly [name: string, value: string]> => {
  const head = [
    ["webhook-id", id],
    ["webhook-timestamp", String(seconds)]
  ] as const
  if (keys.length === 0) return head
  const signatures = keys.map(
    (key) =>
      `v1,${createHmac("sha256", key)
        .update(`${id}.${seconds}.`)
        .update(body ?? "")
        .digest("base64")}`
  )
  return [...head, ["webhook-signature", signatures.join(" ")]]
}
