import { describe, expect, test } from "bun:test"
import { eventView } from "../../../../actors/inspect/events/event-view.ts"
import { filterOf, isAll, matches, mayMatch, readFilter } from "../../../../actors/inspect/events/filter.ts"
import type { Filter } from "../../../../actors/inspect/events/messages.ts"
import { feedRecord } from "../../../../actors/inspect/events/staged-event.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { Topic } from "../../../../contracts/ids.ts"

const value =
  "App_Open type=Mobile&browser=Chrome&os=Android&ts=1&ip=ffff0a000001&klag=3&country=DE&city=K%C3%B6ln DeviceId=ABC&q=caf%C3%A9+au+lait&empty=&q=second&a%26b=1%3D2&100%=x"
const record = feedRecord(
  { topic: Topic.make("Clicks.eu"), partition: 0 },
  {
    offset: "0",
    timestamp: 0,
    key: undefined,
    value: new TextEncoder().encode(value),
    headers: { id: "0190AB-7" }
  }
)
const view = eventView(record)

/** The result of the filter for the event, from its bytes (which may give false positives) and from its view. */
const finds = (filter: Filter): boolean => {
  const found = matches(filter)(view)
  if (found) expect(mayMatch(filter)(record)).toBe(true)
  return found
}

const yes: Record<string, ReadonlyArray<Filter>> = {
  "nothing at all": [{}, { type: "", param: " & ", text: "  " }],
  "a part of the type in any case": [{ type: "OPEN" }, { type: " app_ " }, { type: "=app_open" }],
  "the topic": [{ topic: "clicks.EU" }],
  "the country": [{ country: "de" }, { country: " DE " }],
  "the device's type": [{ device: "mobile" }, { device: "Phone" }],
  "the stage": [{ stage: "stored" }],
  "a parameter that is there": [
    { param: "deviceid" },
    { param: "empty" },
    { param: "a%26b" },
    { param: "100%" }
  ],
  "a parameter's value": [
    { param: "deviceid=abc" },
    { param: "q=café au lait" },
    { param: "q=Second" },
    { param: "empty=" },
    { param: "a%26b=1=2" },
    { param: "=second" }
  ],
  "a part of a parameter's value": [
    { param: "q~AU" },
    { param: "q~é" },
    { param: "~lait" },
    { param: "a%26b~=" }
  ],
  "several parameters": [{ param: "q~au&deviceid=abc&empty" }, { param: "&q&" }],
  "a text of the record": [
    { text: "deviceid=abc" },
    { text: "os=android" },
    { text: "caf%c3%a9" },
    { text: "App_Open Type" }
  ],
  "the id": [{ text: "0190ab-7" }, { text: "0190AB-7" }],
  "all together": [
    { type: "open", topic: "clicks.eu", country: "DE", device: "mobile", param: "q", text: "chrome" }
  ]
}

const no: Record<string, ReadonlyArray<Filter>> = {
  "another type": [{ type: "purchase" }, { type: "=app" }, { type: "=" }],
  "a part of the topic or country": [{ topic: "clicks" }, { country: "D" }, { country: "FR" }],
  "another device": [{ device: "desktop" }, { device: "mob" }],
  "another stage": [{ stage: "raw" }],
  "parameters that are not there": [{ param: "device" }, { param: "type" }, { param: "q&nothing" }],
  "other values": [
    { param: "q=au" },
    { param: "q~tea" },
    { param: "deviceid=" },
    { param: "q=second&q=third" }
  ],
  "texts that are not there": [{ text: "café" }, { text: "clicks" }, { text: "0190ab" }, { text: "☃" }],
  "when one of several does not hold": [
    { type: "open", country: "FR" },
    { device: "mobile", text: "safari" }
  ]
}

describe("an event is found by", () => {
  for (const [what, filters] of Object.entries(yes)) {
    test(what, () => {
      for (const filter of filters) expect({ filter, found: finds(filter) }).toEqual({ filter, found: true })
    })
  }
})

describe("an event is not found by", () => {
  for (const [what, filters] of Object.entries(no)) {
    test(what, () => {
      for (const filter of filters) expect({ filter, found: finds(filter) }).toEqual({ filter, found: false })
    })
  }
})

test("the test on the bytes rules out most other events without decoding them", () => {
  for (const filter of [{ type: "purchase" }, { topic: "events" }, { text: "safari" }, { type: "=app" }]) {
    expect(mayMatch(filter)(record)).toBe(false)
  }
  const plain = { ...record, value: record.value.replaceAll(/%../g, "x").replace("%", "") as ByteString }
  for (const param of ["deviceid=abd", "~abd", "q~second&deviceid=x7"]) {
    expect(mayMatch({ param })(plain)).toBe(false)
    expect(mayMatch({ param })(record)).toBe(true)
  }
  expect(mayMatch({ param: "deviceid=ABC&q~sec" })(plain)).toBe(true)
  expect(mayMatch({ type: "buy" })({ ...record, stage: "raw" })).toBe(true)
})

test("a filter with only a stage matches all events", () => {
  for (const filter of [{}, { stage: "raw" }, { type: " ", param: "" }] as const)
    expect(isAll(filter)).toBe(true)
  for (const filter of [{ type: "a" }, { param: "a" }, { text: "a" }, { topic: "a" }]) {
    expect(isAll(filter)).toBe(false)
  }
})

test("a filter is read from a query string; other names and empty parts are ignored", () => {
  const read = (query: string) => filterOf(new URLSearchParams(query))
  expect(read("type=%3Dbuy&param=a%3D1%26b~2&text=&ticket=x")).toEqual({ type: "=buy", param: "a=1&b~2" })
  expect(read("")).toEqual({})
  expect(read("stage=raw")).toEqual({ stage: "raw" })
  expect(read("stage=other")).toBeUndefined()
  expect(read(`text=${"x".repeat(1_001)}`)).toBeUndefined()
})

test("an invalid filter is refused", () => {
  for (const sent of [
    null,
    "x",
    1,
    [],
    { typ: "a" },
    { type: 1 },
    { stage: "sent" },
    { text: "x".repeat(1_001) }
  ]) {
    expect(readFilter(sent)).toBeUndefined()
  }
  expect(readFilter({ type: "a", stage: "rejected" })).toEqual({ type: "a", stage: "rejected" })
})
