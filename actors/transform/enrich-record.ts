/** Turns one raw event into the record for Kafka; called for each event of a batch. Pure. */
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

/** A record whose value is still a `ByteString`; it is encoded together with the others of its batch. */
export type TextRecord = Omit<EnrichedEvent, "value"> & { readonly value: ByteString }

/**
 * The record of an event; its lag ends at `now`, milliseconds since 1970. The same event with the same `now` gives the
 * same bytes, as long as the GeoIP database is the same. An empty key parameter gives no key: all such events would
 * otherwise go to one partition. Never throws.
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
