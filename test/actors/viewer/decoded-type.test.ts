/** Event types are shown, searched and counted decoded, as parameters are; what travels and is stored stays as it is. */
import { describe, expect, test } from "bun:test"
import { colours } from "../../../actors/commands/colours.ts"
import { tapLine } from "../../../actors/commands/tap/text.ts"
import { fenceId } from "../../../actors/counter/fence-id.ts"
import { readEvent } from "../../../actors/inspect/counters/counted-event.ts"
import { eventView } from "../../../actors/inspect/events/event-view.ts"
import { matches, mayMatch } from "../../../actors/inspect/events/filter.ts"
import type { Filter } from "../../../actors/inspect/events/messages.ts"
import type { FeedRecord } from "../../../actors/inspect/events/staged-event.ts"
import { addTo, emptyInterval } from "../../../actors/viewer/history/interval.ts"
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { EventId } from "../../../contracts/ids.ts"

const travelled = "%E8%B4%AD%E4%B9%B0+%2f1"
const shown = "购买+/1"

const meta = "type=Desktop&host=h&pod=p&ts=1795206905000&ip=ffff0a000001&klag=1&country=DE&city=X"
const adtekioMeta =
  "bot_name&country=DE&device=mobile&device_name&ip=167772161&klag=0&platform=&ts=1795206905"
const texts: ReadonlyArray<readonly [FeedRecord["stage"], string]> = [
  ["stored", `${travelled} ${meta} a=1`],
  ["enriched", `/t/${travelled} ${adtekioMeta} a=1`],
  ["raw", `10.0.0.1 1795206905000 h p /t/${travelled} a=1 UA`],
  ["rejected", `10.0.0.1 1795206905 events /t/${travelled} a=1 UA`],
  ["stored", `${travelled} and no record at all`]
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

describe("an event type that travels percent-encoded", () => {
  test("is shown decoded at every stage, and stays in the raw text as it travels", () => {
    for (const [stage, text] of texts) {
      const view = eventView(feedRecord(stage, text))
      expect(view.type).toBe(shown)
      expect(view.raw).toBe(text)
      expect(tapLine(view, colours(false))).toContain(shown)
    }
  })

  test("is found by what people read, and by what travels in the text", () => {
    const filters: ReadonlyArray<Filter> = [
      { type: "购" },
      { type: `=${shown}` },
      { type: "+/1" },
      { text: "买" },
      { text: "+/1" },
      { text: travelled }
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

  test("is counted decoded, and told apart from its decoded twin where the same event must count once", () => {
    const record = `${travelled} ${meta} idempotency_key=7`
    expect(readEvent(logRecord(record))?.type).toBe(shown)
    expect(readEvent(logRecord(`/t/${travelled} ${adtekioMeta} a`))?.type).toBe(shown)
    const interval = emptyInterval()
    addTo(interval, logRecord(record))
    expect([...interval.types.keys()]).toEqual([shown])

    const idOf = (text: string) => {
      const one = logRecord(text)
      return fenceId(one, readEvent(one), { idParam: "idempotency_key", hasVisitorIds: false })
    }
    expect(idOf(record.replace(travelled, "%61pp"))).not.toBe(idOf(record.replace(travelled, "app")))
    // The hash of today's release: ids that are remembered now are known after an upgrade.
    expect(idOf(`app ${meta} idempotency_key=7`)).toBe("5fc77a034de454e3595f3f7902abe75d-0" as EventId)
  })

  test("with a percent sign that encodes nothing stays as it is", () => {
    expect(eventView(feedRecord("stored", `100%_%zz%4 ${meta} a`)).type).toBe("100%_%zz%4")
    expect(readEvent({ ...logRecord(""), text: `%ff ${meta} a` as ByteString })?.type).toBe("\ufffd")
  })
})
