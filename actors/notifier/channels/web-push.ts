/**
 * Web Push: a message encrypted for one browser (RFC 8291) with the signature of this installation (VAPID, RFC 8292). Only
 * this file imports the library, and nothing of it that sends. Pure, but for random keys and the time.
 */
import { createHash } from "node:crypto"
import webPush, { type VapidDetails } from "web-push"
import type { WebPushSubscription } from "../../../bridge/device-mappings/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { DeliveryId, Message } from "../../../contracts/reactions/delivery.ts"
import type { RenderedMessage } from "../messages.ts"

export type { VapidDetails } from "web-push"

/** Push services take at most 4,096 bytes, 103 of which are those of the encryption. */
const maxPayloadBytes = 3_993

/** The longest time a push service keeps a message, seconds. */
const maxTtlSeconds = 2_419_200

/** A new pair of keys, base64url, for VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY. */
export const newVapidKeys = (): Pick<VapidDetails, "publicKey" | "privateKey"> => webPush.generateVAPIDKeys()

/** Throws an error with a sentence for a subject or for keys that no push service accepts. */
export const checkVapidDetails = ({ subject, publicKey, privateKey }: VapidDetails): void =>
  webPush.setVapidDetails(subject, publicKey, privateKey)

/** What the service worker of the page gets: JSON. */
export const payloadOf = ({ title, message, url, data, locale }: Message): string =>
  JSON.stringify({ title, body: message, url, data, locale })

/**
 * The call to the push service. `ttlMs`: how long the service keeps the message while the browser is away. Throws `Failure`
 * "too-large" for a message over the limit of push services, "unreadable" for a subscription with invalid keys.
 */
export const webPushCall = (
  message: Message,
  { endpoint, p256dh, auth }: WebPushSubscription,
  vapidDetails: VapidDetails,
  { id, ttlMs }: { readonly id: DeliveryId; readonly ttlMs: number }
): RenderedMessage => {
  const payload = payloadOf(message)
  const size = new TextEncoder().encode(payload).length
  if (size > maxPayloadBytes) {
    throw new Failure({
      reason: "too-large",
      message: `The message has ${size} bytes; push services take at most ${maxPayloadBytes}: shorten it.`
    })
  }
  const { headers, body } = detailsOf(endpoint, p256dh, auth, payload, {
    vapidDetails,
    TTL: Math.max(0, Math.min(maxTtlSeconds, Math.floor(ttlMs / 1_000))),
    topic: topicOf(id),
    urgency: "normal",
    contentEncoding: "aes128gcm"
  })
  return {
    method: "POST",
    url: endpoint,
    // The length is that of the body, which the sender knows.
    headers: Object.entries(headers).flatMap(([name, value]) =>
      name.toLowerCase() === "content-length" ? [] : [[name.toLowerCase(), String(value)] as const]
    ),
    body,
    timeoutMs: undefined,
    accepts: (status) => status >= 200 && status <= 299,
    sign: "none",
    as: undefined,
    address: endpoint
  }
}

/** With the same topic a push service replaces a message that waits, so that a repeated call does not show it twice. */
const topicOf = (id: DeliveryId): string => createHash("sha256").update(id).digest("base64url").slice(0, 32)

const detailsOf = (
  endpoint: string,
  p256dh: string,
  auth: string,
  payload: string,
  options: Parameters<typeof webPush.generateRequestDetails>[2]
) => {
  try {
    return webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, options)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Failure({
      reason: "unreadable",
      message: `The message cannot be encrypted for this subscription: ${reason}`
    })
  }
}
