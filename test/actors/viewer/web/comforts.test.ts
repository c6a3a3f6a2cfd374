/** Details of the pages in a browser: time zone, keyboard shortcuts, menus, empty states. */
import { afterAll, beforeAll, expect } from "bun:test"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { click, overflow, reads, rowOf, sees, texts } from "./seeing.ts"
import { pushLines, send } from "./sending.ts"

inBrowser("details of the pages", (check) => {
  let spoor: Spoor
  const settings = ownSettings()
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))

  beforeAll(async () => {
    spoor = await startSpoor(["--all"], settings)
  })
  afterAll(() => spoor.end("SIGKILL"))

  check("empty pages show how to send the first event", async ({ open }) => {
    const page = await open(at("/events"))
    const { host } = new URL(spoor.address("send events"))
    await reads(page.locator("#empty code"), new RegExp(`^curl 'http://${host}/t/app_open`))
    await page.goto(String(at("/counters")))
    await reads(page.locator(".counted .first-event code").first(), new RegExp(`^curl 'http://${host}/t/`))
    await page.goto(String(at("/counters/timing-stats")))
    await reads(page.locator(".counted .empty"), /^Nothing counted yet\./)
  })

  check(
    "an address that does not exist is a page for people and JSON for programs",
    async ({ open, forgive }) => {
      forgive(/404/)
      const page = await open(at("/nosuch"))
      await reads(page.locator("h1"), /^Page not found$/)
      await reads(page.locator("#address"), /^\/nosuch$/)
      await page.getByRole("link", { name: "overview", exact: true }).click()
      await reads(page.locator("#sentence"), /\./)
      const counter = await fetch(at("/counters/nosuch"), { headers: { accept: "text/html" } })
      expect([counter.status, counter.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"])
      const program = await fetch(at("/nosuch"))
      expect([program.status, (await program.json()).error]).toEqual([404, "not-found"])
    }
  )

  check("times are in the time zone of the browser, which is shown, or in UTC", async ({ open }) => {
    await send(spoor, "timed", { tick: "1" })
    const page = await open(at("/events?type=timed"))
    const time = rowOf(page, "tick").locator("time")
    await time.waitFor()
    const exact = new Date((await time.getAttribute("datetime")) ?? "")
    const clock = (zone: string) => exact.toLocaleTimeString("en-GB", { timeZone: zone })
    expect(await time.innerText()).toStartWith(clock("Asia/Kolkata"))
    const zone = page.locator(".zone")
    await reads(zone, /^Asia\/(Kolkata|Calcutta)$/)
    await zone.click()
    await reads(zone, /^UTC$/)
    await time.waitFor()
    expect(await time.innerText()).toStartWith(clock("UTC"))
    await page.goto(String(at("/events?view=past&since=2026-01-02T03:04:05Z")))
    await sees("the field", () => page.locator("[name=since]").inputValue(), "2026-01-02T03:04:05")
    await zone.click()
    await reads(zone, /^Asia/)
    await sees("the field", () => page.locator("[name=since]").inputValue(), "2026-01-02T08:34:05")
  })

  check("? shows the keyboard shortcuts, and Escape closes them", async ({ open }) => {
    const page = await open(at("/events"))
    await page.locator(".zone").waitFor()
    await page.locator("body").press("?")
    const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" })
    await reads(dialog, /Space\s+pause or resume/)
    await page.keyboard.press("Escape")
    await sees("it is gone", () => dialog.count(), 0)
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click()
    await reads(dialog, /these shortcuts/)
    await dialog.getByRole("button", { name: "Close" }).click()
    await sees("it is gone", () => dialog.count(), 0)
    await page.locator("[name=text]").press("?")
    expect(await dialog.count()).toBe(0)
  })

  check("one menu copies an event or parts of it, also by keyboard", async ({ open }) => {
    await send(spoor, "copied", { pick: "1" }, { agent: "phone" })
    const page = await open(at("/events?type=copied"), { permissions: ["clipboard-read", "clipboard-write"] })
    await click(rowOf(page, "pick"))
    const menu = page.locator(".details details.menu")
    await sees("one menu", () => menu.count(), 1)
    await sees("no other copies", () => page.locator(".details .part-head button").count(), 0)
    await menu.locator("summary").press("Enter")
    await sees("its rows", () => texts(menu.locator(".name")), [
      "Event",
      "Timeline",
      "Parameters",
      "Device",
      "Place",
      "Meta",
      "Coordinates",
      "Record"
    ])
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await menu.getByRole("button", { name: "Copy the parameters as CSV" }).click()
    await sees("the parameters", copied, `"name","value"\r\n"pick","1"\r\n`)
    await menu.getByRole("button", { name: "Copy the event as JSON" }).click()
    await eventually("the event", async () => JSON.parse(await copied()).type === "copied")
    await menu.getByRole("button", { name: "Copy the timeline as CSV" }).click()
    await eventually("its timeline", async () =>
      (await copied()).startsWith(`"stage","what","at","after_ms"\r\n"gateway",`)
    )
    await page.keyboard.press("Escape")
    expect(await menu.getAttribute("open")).toBeNull()
    await sees("the row stays open", () => page.locator(".details").count(), 1)
  })

  check("offset and browser are not cut at 1280 pixels, and terms have tooltips", async ({ open }) => {
    await send(spoor, "measured", { wide: "x".repeat(300) }, { agent: "desktop" })
    const page = await open(at("/events?type=measured"), { viewport: { width: 1280, height: 800 } })
    const row = rowOf(page, "wide")
    await row.waitFor()
    for (const cell of [".where", ".device", ".time"]) {
      const isWhole = () =>
        row
          .locator(cell)
          .evaluate((one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight + 1)
      await sees(`${cell} is whole`, isWhole, true)
    }
    await reads(row.locator(".device"), /Chrome 124$/)
    expect(await overflow(page)).toBe(0)
    expect(await page.getByRole("columnheader", { name: "Delay" }).getAttribute("title")).toMatch(/^klag: /)
    await click(row)
    expect(await page.locator(".details abbr", { hasText: "klag" }).getAttribute("title")).toContain("queue")
    await page.goto(String(at("/counters/timing-stats")))
    for (const word of ["klag", "whole-way"])
      expect(await page.locator(".counts abbr", { hasText: word }).getAttribute("title")).toMatch(/^Millisec/)
  })

  check("a type has the same colour in the list and in the chart", async ({ open }) => {
    await send(spoor, "coloured", { hue: "1" })
    const page = await open(at("/events?type=coloured"))
    const colour = (place: Parameters<typeof reads>[0]) =>
      place.evaluate((one) => getComputedStyle(one).color)
    const mark = rowOf(page, "hue").locator(".swatch")
    await mark.waitFor()
    const inList = await colour(mark)
    await page.goto(String(at("/counters/event-counter")))
    const key = page.locator(".chart .key", { hasText: "coloured" }).locator(".swatch")
    await key.waitFor()
    expect(await colour(key)).toBe(inList)
  })

  check("a dead letter opens from anywhere in its row", async ({ open }) => {
    await pushLines(settings.DATA_DIR ?? "", ["8.8.8.8 soon host pod /t/bad d=1 curl/8"])
    await eventually("it is set aside", async () => {
      const { total } = (await (await fetch(at("/api/dead-letters"))).json()) as { total: number }
      return total === 1
    })
    const page = await open(at("/dead-letters"))
    await page.locator(".letter .reason").click()
    await reads(page.locator("#envelope"), /time is not a number/)
    await page.goBack()
    await page.locator(".letter input").click()
    await reads(page.locator("#chosen"), /^1 selected$/)
    expect(page.url()).toMatch(/dead-letters$/)
  })

  check("numbers of a time range are counted from the log", async ({ open }) => {
    const before = Date.now()
    await send(spoor, "ranged", { action: "late" })
    await eventually("it is stored", async () => {
      const found = (await (await fetch(at("/api/search?type=ranged"))).json()) as { events: Array<unknown> }
      return found.events.length === 1
    })
    const page = await open(at(`/counters?since=${before}`))
    await reads(page.locator("#counted"), /^Counted from 1 record in the log\.$/)
    await sees(
      "that alone",
      () => texts(page.getByRole("table", { name: "by action" }).locator("tbody tr")),
      ["ranged[late]\t1"]
    )
    await page.locator(".chart .key", { hasText: "ranged" }).waitFor()
    await sees(
      "nothing to reset: it is counted from the log",
      () => page.getByRole("button", { name: /^Reset / }).count(),
      0
    )
    await page.getByLabel("Export by type").click()
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download by type as CSV" }).click()
    ])
    expect(await Bun.file(await file.path()).text()).toBe('"type","events"\r\n"ranged",1\r\n')
    await page.getByRole("button", { name: "All time" }).click()
    await reads(page.getByRole("table", { name: "by type" }), /measured/)
  })
})
