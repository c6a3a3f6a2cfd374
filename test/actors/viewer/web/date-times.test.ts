/** Instants stay exact in the night when clocks are set back, when each local time of one hour stands for two instants. */
import { afterAll, beforeAll, expect } from "bun:test"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { reads, sees } from "./seeing.ts"

inBrowser("the history, in the night when clocks are set back", (check) => {
  let spoor: Spoor
  beforeAll(async () => {
    spoor = await startSpoor(["viewer"], ownSettings())
  })
  afterAll(() => spoor.end("SIGKILL"))

  for (const [which, now, since] of [
    ["first", "2026-10-25T00:20:00.400Z", "2026-10-25T00:15:00.400Z"],
    ["second", "2026-10-25T01:20:00.400Z", "2026-10-25T01:15:00.400Z"]
  ] as const) {
    check(`5 min at the ${which} 02:20 searches the last 5 minutes`, async ({ open }) => {
      const page = await open(new URL("/ledger", spoor.address("watch them")), {
        timezoneId: "Europe/Berlin"
      })
      await page.clock.setFixedTime(now)
      const asked: Array<string> = []
      page.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url())
        if (pathname === "/api/search") asked.push(searchParams.get("since") ?? "")
      })
      await page.goto(
        String(new URL("/events?view=past&since=2026-10-24T00:00:00Z", spoor.address("watch them")))
      )
      const button = page.locator("[data-minutes='5']")
      await button.click()
      await eventually("the search begins there", () => asked.includes(String(Date.parse(since))))
      expect(new URL(page.url()).searchParams.get("since")).toBe(since)
      expect(await page.locator("#filter [name=since]").inputValue()).toBe("2026-10-25T02:15")

      asked.length = 0
      await page.reload()
      await eventually("a link shows the same", () => asked.includes(String(Date.parse(since))))
      asked.length = 0
      await page.locator("#filter [name=type]").press("Enter")
      await eventually("and so does another filter", () => asked.length > 0)
      expect(asked[0]).toBe(String(Date.parse(since)))

      const field = () => page.locator("#filter [name=since]").inputValue()
      for (const [zone, text] of [
        ["UTC", since.slice(0, 16)],
        ["Europe/Berlin", "2026-10-25T02:15"]
      ] as const) {
        asked.length = 0
        await page.locator(".zone").click()
        await reads(page.locator(".zone"), new RegExp(`^${zone}$`))
        await eventually("the other zone looks at the same", () => asked.includes(String(Date.parse(since))))
        await sees("in its own words", field, text)
        asked.length = 0
        await page.locator("#filter [name=type]").press("Enter")
        await eventually("and asks for it", () => asked.length > 0)
        expect(asked[0]).toBe(String(Date.parse(since)))
      }
    })

    check(`numbers since the ${which} 02:15 start there, in each zone`, async ({ open }) => {
      const page = await open(new URL(`/counters?since=${since}`, spoor.address("watch them")), {
        timezoneId: "Europe/Berlin"
      })
      const asked: Array<string> = []
      page.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url())
        if (pathname.startsWith("/api/counters/")) asked.push(searchParams.get("since") ?? "")
      })
      const field = page.locator("form.range [name=since]")
      for (const [zone, text] of [
        ["Europe/Berlin", "2026-10-25T02:15"],
        ["UTC", since.slice(0, 16)]
      ] as const) {
        if (zone === "UTC") await page.locator(".zone").click()
        await reads(page.locator(".zone"), new RegExp(`^${zone}$`))
        await sees("the field", () => field.inputValue(), text)
        asked.length = 0
        await page.getByRole("button", { name: "Show", exact: true }).click()
        await eventually("asked for again", () => asked.length > 0)
        expect(asked[0]).toBe(String(Date.parse(since)))
        await reads(page.locator("#counted"), /^Counted from 0 records/)
      }
    })
  }
})
