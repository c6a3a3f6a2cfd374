/** The address of the page of events: a link to it shows the same to somebody else, and what is chosen is found. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { matches } from "../../../../actors/inspect/events/filter.ts"
import type { EventView, Filter } from "../../../../actors/inspect/events/messages.ts"

interface Sight {
  readonly filter: Readonly<Record<string, string>>
  readonly isPast: boolean
  readonly since: number | undefined
  readonly until: number | undefined
  readonly event: string | undefined
}

const page = join(import.meta.dirname, "..", "..", "..", "..", "actors", "viewer", "web")
const filter: {
  readonly sightOf: (search: string) => Sight
  readonly searchOf: (sight: Sight) => string
  readonly withParam: (param: string | undefined, name: string, value: string) => string
  readonly namesIn: (param?: string) => ReadonlySet<string>
  readonly isEventId: (text: string) => boolean
} = await import(join(page, "event-filter.js"))

const id = "0199a0b1c2d3e4f5a6b7c8d9e0f1a2b3-4"

describe("the address", () => {
  test("says all that is shown, and shows it again", () => {
    const sight: Sight = {
      filter: { text: "x y", type: "=app_open", param: "a=1&b~2", country: "DE", stage: "raw" },
      isPast: true,
      since: 1795206905000,
      until: undefined,
      event: id
    }
    expect(filter.sightOf(filter.searchOf(sight))).toEqual(sight)
  })

  test("of the live list without a filter is plain", () => {
    expect(filter.searchOf(filter.sightOf("?type=&text=+&stage=stored"))).toBe("")
  })

  test("takes milliseconds and the old page's filter by the whole type, and leaves out what is no time", () => {
    expect(filter.sightOf("?since=1795206905000")).toMatchObject({ isPast: true, since: 1795206905000 })
    expect(filter.sightOf("?filter=open").filter).toEqual({ type: "=open" })
    expect(filter.sightOf("?filter=%E8%B4%AD&type=a").filter).toEqual({ type: "a" })
    expect(filter.sightOf("?since=soon&until=1e99")).toMatchObject({ isPast: false, since: undefined })
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

  test("is found by the viewer, whatever signs are in it", () => {
    for (const [name, value] of event.params) {
      const param = filter.withParam(undefined, name, value)
      const chosen: Filter = { param }
      expect(matches(chosen)(event)).toBe(true)
      expect(matches(chosen)({ ...event, params: [[name, `${value}x`]] })).toBe(false)
      expect(filter.namesIn(param)).toEqual(new Set([name]))
    }
  })

  test("joins others, and takes the place of one of its name", () => {
    const both = filter.withParam("q~shoes&a%26b=1", "a&b", "2")
    expect(both).toBe("q~shoes&a%26b=2")
    expect(filter.withParam(both, "q", "red")).toBe("a%26b=2&q=red")
  })
})

test("only the id of an event is taken for one", () => {
  expect(filter.isEventId(id)).toBe(true)
  expect(filter.isEventId("0199a0b1c2d3e4f5a6b7c8d9e0f1a2b3")).toBe(false)
})
