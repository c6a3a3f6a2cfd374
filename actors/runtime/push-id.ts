/** Ids of pushes that are made from what is pushed, so that every retry has the same. Pure. */
import { createHash } from "node:crypto"
import type { PushId } from "../../contracts/ids.ts"

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** The id of whatever the text names: 26 letters and digits of its digest. */
export const pushIdFrom = (text: string): PushId => {
  const hash = createHash("sha256").update(text).digest()
  return Array.from({ length: 26 }, (_, i) => digits.charAt((hash[i] ?? 0) % 32)).join("") as PushId
}
