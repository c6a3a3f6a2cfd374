/** Who may look: HTTP Basic authentication against one name and password, compared in constant time. */
import { Buffer } from "node:buffer"
import { createHash, timingSafeEqual } from "node:crypto"

/** May this request look? */
export type IsAllowed = (request: Request) => boolean

const digest = (text: string): Uint8Array => createHash("sha256").update(text, "utf8").digest()

/** Lets in who knows both. */
export const basicAuth = (user: string, password: string): IsAllowed => {
  const expected = digest(`${user}:${password}`)
  return (request) => {
    const sent = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
    const given = digest(sent === undefined ? "" : Buffer.from(sent, "base64").toString("utf8"))
    return timingSafeEqual(given, expected) && sent !== undefined
  }
}
