/** Random events of any bytes for the enrichers of the kits, and their records in a form that can be compared with ours. */
import fc from "fast-check"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString, EnrichedEvent, RawEvent } from "../../../contracts/event.ts"
import { Topic } from "../../../contracts/ids.ts"
import { splitRecord } from "../../../contracts/wire/record.ts"

/** The parts of a record, without those about the device. */
export const comparable = ({ value, ...event }: EnrichedEvent) => {
  const { event: name, meta, params } = splitRecord(byteStringOf(value)) ?? {}
  const device = /^(type|browser|engine|version|os|bot_name|device|device_name|platform)(=|$)/
  return { ...event, name, params, meta: meta?.split("&").filter((pair) => !device.test(pair)) }
}

/** Any bytes but the space, with the beginnings of escapes and pairs more often than by chance. */
const bytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte === 32 ? 33 : byte)),
      fc.constantFrom("%", "+", "&", "=", "/", "%C3%A9", "%zz", "key=", "&key=a%20b+c", "&k%65y=x", "&%ff&")
    ),
    { maxLength: 12 }
  )
  .map((parts) => parts.join("") as ByteString)
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("0.0.0.0", "255.255.255.255", "::", "::1", "::ffff:172.17.0.1", "2001:db8::8:800:200c:417a")
)
/** Events of both dialects, as they stand in a raw batch, without their indices. */
export const anyEvents: fc.Arbitrary<ReadonlyArray<Omit<RawEvent, "index">>> = fc.array(
  fc.record({
    dialect: fc.constantFrom("pushtech", "adtekio"),
    topic: fc.constantFrom(Topic.make("events"), Topic.make("other.topic")),
    ip: address,
    ts: fc.oneof(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: 1e12, max: 2e12 })),
    host: bytes,
    pod: bytes,
    path: bytes.map((rest) => `/${rest}` as ByteString),
    query: fc.oneof(bytes, fc.constantFrom("e" as ByteString, "p" as ByteString)),
    userAgent: bytes
  }),
  { minLength: 1, maxLength: 200 }
)
