/** A batch of raw events turned into records; plain code, since it runs for every event. */
import { Buffer } from "node:buffer"
import type { Place } from "../../bridge/geo-ip/service.ts"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import type { Rejection } from "../../contracts/batch.ts"
import type { EnrichedEvent, RawEvent } from "../../contracts/event.ts"
import { enrichEvent, type TextRecord } from "./enrich-record.ts"

export interface Enriching {
  readonly locate: (ip: string) => Place
  /** The parameter whose value becomes the record's key. */
  readonly keyParam: string | undefined
}

/**
 * A function from events to records. Their lag counts to `claimed`, the moment the batch left the queue (milliseconds
 * since 1970), so that the same batch gives the same records each time. An event that throws is rejected alone.
 */
export const enrichEvents = ({ locate, keyParam }: Enriching) => {
  const tools = { detect: rememberDevices(), locate, keyParam }
  return (events: ReadonlyArray<RawEvent>, claimed: number) => {
    const records: Array<TextRecord> = []
    const rejected: Array<Rejection> = []
    for (const event of events) {
      try {
        records.push(enrichEvent(event, claimed, tools))
      } catch (cause) {
        rejected.push({
          index: event.index,
          topic: event.topic,
          stage: "enricher",
          reason: "not enriched",
          detail: String(cause)
        })
      }
    }
    return { enriched: inBytes(records), rejected }
  }
}

/** All values are turned into bytes at once, which takes a fraction of the time; each is a view of its own bytes. */
const inBytes = (records: ReadonlyArray<TextRecord>): ReadonlyArray<EnrichedEvent> => {
  let texts = ""
  for (const { value } of records) texts += value
  const { buffer, byteOffset } = Buffer.from(texts, "latin1")
  let end = 0
  return records.map(({ index, topic, key, value: text, received }) => {
    const value = new Uint8Array(buffer, byteOffset + end, text.length)
    end += text.length
    return key === undefined ? { index, topic, value, received } : { index, topic, key, value, received }
  })
}
