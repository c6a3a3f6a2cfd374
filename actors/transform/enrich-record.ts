/** One raw event into the record that Kafka gets: a plain function, called for each event of a batch. */
import type { Place } from "../../bridge/geo-ip/service.ts"
import type { ByteString, EnrichedEvent, RawEvent } from "../../contracts/event.ts"
import type { Device } from "../../contracts/wire/enrichment.ts"
import { paramValue } from "../../contracts/wire/params.ts"
import { formatRecord } from "../../contracts/wire/record.ts"

export interface RecordTools {
  readonly locate: (ip: string) => Place
  readonly detect: (userAgent: ByteString) => Device
  /** `KAFKA_KEY_PARAM`: the parameter whose value becomes the record's key. */
  readonly keyParam: string | undefined
}

/** A finished record whose value is text still: `ByteString`, to be turned into bytes together with the others of its batch. */
export type TextRecord = Omit<EnrichedEvent, "value"> & { readonly value: ByteString }

/**
 * The finished record of an event; `now` in milliseconds since 1970 is the moment its lag counts to. The same event
 * with the same `now` gives the same bytes, for as long as the GeoIP database stays the same. A key parameter without
 * a value is no key: all of those would meet in one partition. Never throws.
 */
export const enrichEvent = (event: RawEvent, now: number, tools: RecordTools): TextRecord => {
  const device = tools.detect(event.userAgent)
  const place = tools.locate(event.ip)
  const key = tools.keyParam === undefined ? undefined : paramValue(event.query, tools.keyParam)
  const enriched = {
    index: event.index,
    topic: event.topic,
    value: formatRecord(event, { device, place, now }),
    received: event.dialect === "adtekio" ? event.ts * 1000 : event.ts
  }
  return key === undefined || key === "" ? enriched : { ...enriched, key }
}
