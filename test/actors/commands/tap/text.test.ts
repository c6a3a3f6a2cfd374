/** An event as a line in a terminal: readable, coloured only on a terminal, with control characters escaped. */
import { describe, expect, test } from "bun:test"
import { colours, wantsColours } from "../../../../actors/commands/colours.ts"
import { tapLine } from "../../../../actors/commands/tap/text.ts"
import { eventView } from "../../../../actors/inspect/events/event-view.ts"
import type { FeedRecord } from "../../../../actors/inspect/events/staged-event.ts"
import type { ByteString } from "../../../../contracts/event.ts"

const place = {
  topic: "events",
  partition: undefined,
  offset: undefined,
  timestamp: 1_795_206_900_123,
  id: "abc-7",
  times: {}
}
const record = (value: string): FeedRecord => ({
  ...place,
  stage: "stored",
  partition: 2,
  offset: "41",
  value: value as ByteString
})
const line = (value: string, more: Partial<FeedRecord> = {}): FeedRecord => ({
  ...place,
  stage: "raw",
  value: value as ByteString,
  ...more
})

const plainly = (event: FeedRecord): string => tapLine(eventView(event), colours(false))

describe("a line of the tap", () => {
  test("shows time, type, origin, parameters and place in the log", () => {
    const value =
      "app_open type=Mobile&browser=Chrome&engine=&version=129.0&os=Android&host=h&pod=p&ts=1795206900000&ip=c0000201&klag=1234&country=DE&city= item=red%20shoe&n=1"
    expect(plainly(record(value))).toBe(
      '20:35:00.123  app_open  DE  Mobile · Android · Chrome 129  192.0.2.1  item="red shoe" n=1  events/2@41  1,234 ms  abc-7'
    )
  })

  test("shows the user agent of a raw line, the rejection of a rejected one, and the text of an invalid line", () => {
    expect(plainly(line("192.0.2.1 1795206900000 h p /t/a n=1 curl/8"))).toBe(
      "20:35:00.123  a  curl/8  192.0.2.1  n=1  events  abc-7"
    )
    const rejected = line("some nonsense", { stage: "rejected", reason: "too few fields", by: "drainer" })
    expect(plainly(rejected)).toBe("20:35:00.123  too few fields (drainer)  some nonsense  events  abc-7")
  })

  test("escapes control characters and line ends of untrusted texts", () => {
    const hostile = "\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202e%1b[2J%0a%E2%80%AE"
    for (const value of [
      `${hostile} ${hostile} ${hostile}`,
      `/t/${hostile} bot_name=${hostile}&country=${hostile}&device&device_name=${hostile}&ip=1&klag=1&platform=&ts=1 ${hostile}=${hostile}`
    ]) {
      const text = plainly(record(value.replace(/[\u2000-\uffff]/g, "\u00e2\u0080\u00ae")))
      expect(text).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u)
      expect(text).toContain("\\x1b")
    }
    const detail = plainly(
      line(hostile, {
        stage: "rejected",
        reason: hostile,
        by: hostile,
        detail: hostile,
        topic: hostile,
        id: hostile
      })
    )
    expect(detail).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u)
  })

  test("has colours only on a terminal, and not with NO_COLOR", () => {
    const event = eventView(line("192.0.2.1 1795206900000 h p /t/a n=1 curl/8"))
    expect(tapLine(event, colours(true))).toContain("\u001b[1ma\u001b[0m")
    expect(tapLine(event, colours(false))).not.toContain("\u001b")
    expect(wantsColours({ isTTY: true }, {})).toBe(true)
    expect(wantsColours({ isTTY: true }, { NO_COLOR: "" })).toBe(true)
    expect(wantsColours({ isTTY: true }, { NO_COLOR: "1" })).toBe(false)
    expect(wantsColours({ isTTY: true }, { TERM: "dumb" })).toBe(false)
    expect(wantsColours({ isTTY: false }, {})).toBe(false)
    expect(wantsColours({}, {})).toBe(false)
  })
})
