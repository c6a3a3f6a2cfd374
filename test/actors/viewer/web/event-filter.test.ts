/** The address of the page of events: a link shows the same to everybody, and a chosen parameter is found. */
import { describe, expect, test } from "bun:test"
import { matches } from "../../../../actors/inspect/events/filter.ts"
import type { EventView, Filter } from "../../../../actors/inspect/events/messages.ts"
import {
  isEventId,
  namesIn,
  type Selection,
  searchOf,
  selectionOf,
  withParam
} from "../../../../actors/viewer/web/event-filter.ts"

const id = "0199a0b1c2d3e4f5a6b7c8d9e0f1a2b3-4"

describe("the address", () => {
  test("contains the whole selection, and restores it", () => {
    const selection: Selection = {
      filter: { text: "x y", type: "=app_open", param: "a=1&b~2", country: "DE", stage: "raw" },
      isHistory: true,
      since: 1795206905000,
      until: undefined,
      order: undefined,
      event: id
    }
    expect(selectionOf(searchOf(selection))).toEqual(selection)
  })

  test("of the live list without a filter is plain", () => {
    expect(searchOf(selectionOf("?type=&text=+&stage=stored"))).toBe("")
  })

  test("takes milliseconds and the old page's filter by type, and ignores invalid times", () => {
    expect(selectionOf("?since=1795206905000")).toMatchObject({ isHistory: true, since: 1795206905000 })
    expect(selectionOf("?filter=open").filter).toEqual({ type: "=open" })
    expect(selectionOf("?filter=%E8%B4%AD&type=a").filter).toEqual({ type: "a" })
    expect(selectionOf("?since=soon&until=1e99")).toMatchObject({ isHistory: false, since: undefined })
  })
})

describe("a parameter that is chosen", () => {
  const event: EventView = {
    stage: "stored",
    id,
    topic: "events",
    partition: 0,
    offset: "7",
    timestamp: 1795206905922,
    type: "app_open",
    country: "DE",
    device: "",
    deviceType: "",
    address: "",
    klag: undefined,
    meta: [],
    params: [
      ["a&b", "c=d~e%&f"],
      ["d~e=", "1"],
      ["q", "red shoes"]
    ],
    raw: "",
    times: {}
  }

  test("is found by the server, whatever characters it has", () => {
    for (const [name, value] of event.params) {
      const param = withParam(undefined, name, value)
      const chosen: Filter = { param }
      expect(matches(chosen)(event)).toBe(true)
      expect(matches(chosen)({ ...event, params: [[name, `${value}x`]] })).toBe(false)
      expect(namesIn(param)).toEqual(new Set([name]))
    }
  })

  test("is added to others, and replaces one of the same name", () => {
    const both = withParam("q~shoes&a%26b=1", "a&b", "2")
    expect(both).toBe("q~shoes&a%26b=2")
    expect(withParam(both, "q", "red")).toBe("a%26b=2&q=red")
  })
})

test("only an event id counts as one", () => {
  expect(isEventId(id)).toBe(true)
  expect(isEventId("0199a0b1c2d3e4f5a6b7c8d9e0f1a2b3")).toBe(false)
})
