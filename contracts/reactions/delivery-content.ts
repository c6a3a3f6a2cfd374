/** The content of a delivery as the store keeps it: MessagePack. Pure. */
import { Schema } from "effect"
import { decode, encode } from "../messages/msgpack.ts"
import { DeliveryContent } from "./delivery.ts"

const decodeValue = Schema.decodeUnknownSync(DeliveryContent)

/** The content as bytes. */
export const encodeContent = (content: DeliveryContent): Uint8Array => encode(content)

/**
 * The content of the bytes. Throws `Failure` "unreadable" for other bytes, and an error for a value of another form. It may
 * have any size: an event and ten answers can be larger than a message.
 */
export const decodeContent = (bytes: Uint8Array): DeliveryContent =>
  decodeValue(decode(bytes, Number.POSITIVE_INFINITY))
