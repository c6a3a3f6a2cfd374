/** The tap publishes what its schema says, of events that can be parsed and of others. */
import { expect, test } from "bun:test"
import { Schema } from "effect"
import { eventView } from "../../actors/inspect/events/event-view.ts"
import { copiedRecords } from "../../actors/inspect/events/staged-event.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Copies, EventCopy } from "../../contracts/event-copy.ts"
import { newBatchId, Topic } from "../../contracts/ids.ts"
import { TapEvent } from "../../contracts/tap-event.ts"

const published = (stage: Copies["stage"], event: Omit<EventCopy, "index">): unknown => {
  const copies = {
    stage,
    topic: Topic.make("clicks"),
    batch: newBatchId(),
    at: 1_795_206_900_123,
    dropped: 0
  }
  const [record] = copiedRecords({ ...copies, events: [{ index: 0, ...event }] })
  if (record === undefined) throw new Error("There is no event.")
  return JSON.parse(JSON.stringify(eventView(record)))
}

test("a tapped event follows its schema", () => {
  const line = "203.0.113.7 1795206900123 shop pod-1 /t/buy item=42 curl/8" as ByteString
  const record =
    "buy type=Bot&ts=1a1fb8bbec9&ip=cb007107&klag=e7&country=DE&city=Berlin item=42" as ByteString
  for (const event of [
    published("raw", { line }),
    published("raw", { line: "no line" as ByteString }),
    published("enriched", { record }),
    published("stored", { record, partition: 0, offset: "9223372036854775807" }),
    published("rejected", { line, reason: "too large", detail: "It has 9 MiB.", by: "enricher" })
  ])
    expect(Schema.decodeUnknownSync(TapEvent, { onExcessProperty: "error" })(event)).toEqual(
      event as TapEvent
    )
})
