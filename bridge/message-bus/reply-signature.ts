/**
 * The signature of a reply between actors: 32 bytes of HMAC-SHA-256, followed by the reply. The HMAC covers the subject, a
 * zero byte, the SHA-256 of the request, and the reply; so it covers the batch's id, its lines, the counts and the places.
 * Pure; it runs on edge runtimes too.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

const macBytes = 32

const macOf = (secret: string, subject: string, request: Uint8Array, reply: Uint8Array): Uint8Array =>
  createHmac("sha256", secret)
    .update(`${subject}\0`)
    .update(createHash("sha256").update(request).digest())
    .update(reply)
    .digest()

/** The reply to that request, with its signature before it. */
export const signReply = (
  secret: string,
  subject: string,
  request: Uint8Array,
  reply: Uint8Array
): Uint8Array => {
  const signed = new Uint8Array(macBytes + reply.length)
  signed.set(macOf(secret, subject, request, reply))
  signed.set(reply, macBytes)
  return signed
}

/** The reply without its signature; undefined when `secret` did not sign it for this request. Compares in constant time. */
export const verifyReply = (
  secret: string,
  subject: string,
  request: Uint8Array,
  signed: Uint8Array
): Uint8Array | undefined => {
  if (signed.length < macBytes) return undefined
  const reply = signed.subarray(macBytes)
  return timingSafeEqual(signed.subarray(0, macBytes), macOf(secret, subject, request, reply))
    ? reply
    : undefined
}
