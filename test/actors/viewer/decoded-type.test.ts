/** Event types are shown, searched and counted decoded, as parameters are; the stored record keeps them encoded. */
import { describe, expect, test } from "bun:test"
import { colours } from "../../../actors/commands/colours.ts"
import { tapLine } from "../../../actors/commands/tap/text.ts"
import { fenceId } from "../../../actors/counter/fence-id.ts"
import { readEvent } from "../../../actors/inspect/counters/counted-event.ts"
import { eventView } from "../../../actors/inspect/events/event-view.ts"
import { matches, mayMatch } from "../../../actors/inspect/events/filter.ts"
import type { Filter } from "../../../actors/inspect/events/messages.ts"
import type { FeedRecord } from "../../../actors/inspect/events/staged-event.ts"
import { addRecord, emptyInterval } from "../../../actors/viewer/history/interval.ts"
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { EventId } from "../../../contracts/ids.ts"

const encoded = "%E8%B4%AD%E4%B9%B0+%2f1"
const shown = "购买+/1"

const meta = "type=Desktop&host=h&pod=p&ts=1795206905000&ip=ffff0a000001&klag=1&country=DE&city=X"
const adtekioMeta =
  "bot_name&country=DE&device=mobile&device_name&ip=167772161&klag=0&platform=&ts=1795206905"
const texts: ReadonlyArray<readonly [FeedRecord["stage"], string]> = [
  ["stored", `${encoded} ${meta} a=1`],
  ["enriched", `/t/${encoded} ${adtekioMeta} a=1`],
  ["raw", `10.0.0.1 1795206905000 h p /t/${encoded} a=1 UA`],
  ["rejected", `10.0.0.1 1795206905 events /t/${encoded} a=1 UA`],
  ["stored", `${encoded} and no record at all`]
]

const feedRecord = (stage: FeedRecord["stage"], text: string): FeedRecord => ({
  stage,
  topic: "events",
  partition: 0,
  offset: "0",
  timestamp: 0,
  id: "",
  value: bytesOf(text),
  times: {}
})

const logRecord = (text: string, id = "b-0"): LogRecord => ({
  offset: "0",
  timestamp: 0,
  key: undefined,
  value: new TextEncoder().encode(text),
  headers: { id }
})

describe("a percent-encoded event type", () => {
  test("is shown decoded at every stage, and encoded in the raw text", () => {
    for (const [stage, text] of texts) {
      const view = eventView(feedRecord(stage, text))
      expect(view.type).toBe(shown)
      expect(view.raw).toBe(text)
      expect(tapLine(view, colours(false))).toContain(shown)
    }
  })

  test("is found by its decoded and, in the raw text, by its encoded form", () => {
    const filters: ReadonlyArray<Filter> = [
      { type: "购" },
      { type: `=${shown}` },
      { type: "+/1" },
      { text: "买" },
      { text: "+/1" },
      { text: encoded }
    ]
    for (const [stage, text] of texts) {
      const record = feedRecord(stage, text)
      for (const filter of filters) {
        expect(matches(filter)(eventView(record))).toBe(true)
        expect(mayMatch(filter)(record)).toBe(true)
      }
      expect(matches({ type: "%E8" })(eventView(record))).toBe(false)
    }
  })

  test("is counted decoded; its fence id differs from that of its decoded form", () => {
    const record = `${encoded} ${meta} idempotency_key=7`
    expect(readEvent(logRecord(record))?.type).toBe(shown)
    expect(readEvent(logRecord(`/t/${encoded} ${adtekioMeta} a`))?.type).toBe(shown)
    const interval = emptyInterval()
    addRecord(interval, logRecord(record))
    expect([...interval.types.keys()]).toEqual([shown])

    const idOf = (text: string) => {
      const one = logRecord(text)
      return fenceId(one, readEvent(one), { idParam: "idempotency_key", hasVisitorIds: false })
    }
    expect(idOf(record.replace(encoded, "%61pp"))).not.toBe(idOf(record.replace(encoded, "app")))
    // A fixed hash: ids stored before an upgrade are recognised after it.
    expect(idOf(`app ${meta} idempotency_key=7`)).toBe("5fc77a034de454e3595f3f7902abe75d-0" as EventId)
  })

  test("with an invalid percent sequence stays unchanged", () => {
    expect(eventView(feedRecord("stored", `100%_%zz%4 ${meta} a`)).type).toBe("100%_%zz%4")
    expect(readEvent({ ...logRecord(""), text: `%ff ${meta} a` as ByteString })?.type).toBe("\ufffd")
  })
})
