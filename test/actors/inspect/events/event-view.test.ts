import { describe, expect, test } from "bun:test"
import { eventView, typeOf } from "../../../../actors/inspect/events/event-view.ts"
import { copiedRecords, type FeedRecord, feedRecord } from "../../../../actors/inspect/events/staged-event.ts"
import { bytesOf } from "../../../../contracts/event.ts"
import { BatchId, Topic } from "../../../../contracts/ids.ts"

const place = { partition: 1, offset: "42", timestamp: 1795206905922 }
const stored = (value: string, headers: Record<string, string> = {}): FeedRecord =>
  feedRecord(
    { topic: Topic.make("events"), partition: 1 },
    {
      offset: "42",
      timestamp: 1795206905922,
      key: undefined,
      value: new TextEncoder().encode(value),
      headers
    }
  )

describe("a record", () => {
  test("of the pushtech dialect is decoded", () => {
    const raw =
      "app_open type=Desktop&browser=Firefox&engine=Gecko&version=56.0&os=Mac&host=192.168.64.2&pod=nopod&ts=1510826008003&ip=ffffac110001&klag=266&country=DE&city=K%C3%B6ln text=caf%C3%A9+au+lait&a"
    const headers = { id: "b-0", v: "1", received: "11", claimed: "12", enriched: "13", sent: "14" }
    expect(eventView(stored(raw, headers))).toEqual({
      ...place,
      stage: "stored",
      topic: "events",
      id: "b-0",
      raw,
      type: "app_open",
      klag: 266,
      address: "172.17.0.1",
      country: "DE",
      device: "Desktop · Mac · Firefox 56",
      deviceType: "Desktop",
      times: { received: 11, claimed: 12, enriched: 13, sent: 14, logged: 1795206905922 },
      meta: [
        ["type", "Desktop"],
        ["browser", "Firefox"],
        ["engine", "Gecko"],
        ["version", "56.0"],
        ["os", "Mac"],
        ["host", "192.168.64.2"],
        ["pod", "nopod"],
        ["ts", "1510826008003"],
        ["ip", "ffffac110001"],
        ["klag", "266"],
        ["country", "DE"],
        ["city", "Köln"]
      ],
      params: [
        ["text", "café au lait"],
        ["a", ""]
      ]
    })
  })

  test("of the adtekio dialect: the type is the last segment, times are milliseconds", () => {
    const value = (bot: string, device: string) =>
      `/t/fubar bot_name${bot}&country&device${device}&device_name&ip=2130706433&klag=3&platform=ios&ts=1795206905 p`
    expect(eventView(stored(value("=Googlebot", "")))).toMatchObject({
      type: "fubar",
      klag: 3000,
      address: "127.0.0.1",
      country: "",
      device: "Googlebot",
      deviceType: "Bot",
      params: [],
      times: { received: 1795206905000, logged: place.timestamp }
    })
    expect(eventView(stored(value("", "=mobile")))).toMatchObject({
      device: "Mobile · ios",
      deviceType: "Mobile"
    })
  })

  test("that cannot be parsed is still shown", () => {
    for (const raw of ["", "garbage", "a b", "a  b c d", "é ☃ \u0000", '{"a": 1}']) {
      expect(eventView(stored(raw))).toMatchObject({
        ...place,
        raw,
        id: "",
        address: "",
        params: [],
        meta: [],
        klag: undefined
      })
    }
    expect(typeOf(bytesOf("é ☃"))).toBe("é")
  })

  test("of another program may have any headers", () => {
    const headers = {
      id: "x",
      received: "soon",
      claimed: "-1",
      enriched: "1e3",
      sent: "99999999999999999999"
    }
    expect(eventView(stored("garbage", headers)).times).toEqual({ logged: place.timestamp })
  })
})

describe("a copy", () => {
  const copied = (stage: "raw" | "rejected", line: string, more = {}) => {
    const copies = { stage, topic: Topic.make("events"), batch: BatchId.make("b"), at: 77, dropped: 0 }
    const [record] = copiedRecords({ ...copies, events: [{ index: 3, line: bytesOf(line), ...more }] })
    if (record === undefined) throw new Error("There must be one.")
    return eventView(record)
  }

  test("of a claimed line is decoded as far as a line allows", () => {
    const line = "10.0.0.1 1510826008003 shop.example nopod /t/purchase a=1&b=%C3%BC Mozilla/5.0 (X; Y)"
    expect(copied("raw", line)).toEqual({
      stage: "raw",
      topic: "events",
      partition: undefined,
      offset: undefined,
      timestamp: 77,
      id: "b-3",
      type: "purchase",
      country: "",
      device: "",
      deviceType: "",
      address: "10.0.0.1",
      klag: undefined,
      meta: [
        ["ip", "10.0.0.1"],
        ["ts", "1510826008003"],
        ["host", "shop.example"],
        ["pod", "nopod"],
        ["path", "/t/purchase"],
        ["user agent", "Mozilla/5.0 (X; Y)"]
      ],
      params: [
        ["a", "1"],
        ["b", "ü"]
      ],
      raw: line,
      times: { received: 1510826008003, claimed: 77 }
    })
    expect(copied("raw", "10.0.0.1 1510826008 clicks /t/x p UA").times.received).toBe(1510826008000)
  })

  test("of a rejected line has the reason, whatever the line contains", () => {
    for (const line of ["", "no line", "10.0.0.1 x y z /a e UA", "\u0000 ☃"]) {
      const rejection = { reason: "no path", detail: "it has no path", by: "drainer" }
      expect(copied("rejected", line, rejection)).toMatchObject({
        ...rejection,
        raw: line,
        type: "",
        times: {}
      })
    }
  })

  test("of a stored record has its place in the log", () => {
    const record = bytesOf("app_open type=Desktop&ts=5 a=1")
    const [copy] = copiedRecords({
      stage: "stored",
      topic: Topic.make("events"),
      batch: BatchId.make("b"),
      at: 77,
      dropped: 0,
      events: [{ index: 0, record, partition: 2, offset: "9" }]
    })
    expect(copy && eventView(copy)).toMatchObject({
      partition: 2,
      offset: "9",
      type: "app_open",
      times: { received: 5, logged: 77 }
    })
  })
})
