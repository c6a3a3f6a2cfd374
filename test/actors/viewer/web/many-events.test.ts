/** The page of events at a high rate: it reports the sampling, stays small and usable. */
import { afterAll, beforeAll, describe, expect } from "bun:test"
import type { Page } from "playwright-core"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { batchOf, type Started, startViewer } from "../watching.ts"
import { click, reads, rowOf, sees, typesOf } from "./seeing.ts"
import { sendAll } from "./sending.ts"

/** Maximum number of elements of a page. */
const manyElements = 8_000
const elements = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll("*").length)

describe("a viewer at a high event rate", () => {
  let viewer: Started
  let isFlooded = true
  let flood: Promise<void>
  beforeAll(async () => {
    viewer = await startViewer()
    let n = 0
    const pour = async (): Promise<void> => {
      while (isFlooded) {
        const some = Array.from(
          { length: 250 },
          (_, i) => `flood type=Desktop&country=DE n=${n + i}&mark=${(n + i) % 1000 === 0}`
        )
        viewer.feed.add(batchOf(some, n))
        n += some.length
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    flood = pour()
  })
  afterAll(async () => {
    isFlooded = false
    await flood
    await viewer.server.stop()
  })

  inBrowser("its page of events", (check) => {
    check("reports how many events it shows, and can be paused, filtered and read", async ({ open }) => {
      const page = await open(`${viewer.url}/events`)
      await reads(page.locator("#sampling"), /^1 of [\d,]+ shown: too many to show all/)
      await reads(page.locator("#rate"), /^[\d,]{3,}$/)
      await eventually("it is full", async () => (await page.locator("#events .event").count()) > 100)
      await page.getByRole("button", { name: "Pause" }).click()
      await reads(page.locator("#state"), /^paused$/)
      await click(page.locator("#events .event").nth(2))
      await page.locator("#events .details").waitFor()
      expect(await page.locator("#events .event").count()).toBeLessThanOrEqual(260)
      expect(await elements(page)).toBeLessThan(manyElements)
      await page.getByRole("button", { name: "Resume" }).click()
      await page.locator("[name=param]").fill("mark=true")
      await eventually(
        "all that match are shown, none left out",
        async () =>
          (await rowOf(page, "mark=true").count()) > 0 && (await page.locator("#sampling").innerText()) === ""
      )
    })

    check("a scrolled list pauses and shows the number of waiting events", async ({ open }) => {
      const page = await open(`${viewer.url}/events`)
      await eventually("it is full", async () => (await page.locator("#events .event").count()) > 100)
      await page.mouse.move(600, 600)
      await page.mouse.wheel(0, 1_500)
      const newer = page.locator("#newer")
      await reads(newer, /newer · the list is paused while you are scrolled down/)
      const first = await page.locator("#events .event").first().innerText()
      await reads(newer, /[1-9][\d,]* newer/)
      expect(await page.locator("#events .event").first().innerText()).toBe(first)
      await newer.click()
      await eventually("the newest are shown", () => page.evaluate(() => scrollY === 0 || scrollY < 300))
    })
  })
})

inBrowser("ten thousand events", (check) => {
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))
  beforeAll(async () => {
    spoor = await startSpoor(["--all"], ownSettings())
  })
  afterAll(() => spoor.end("SIGKILL"))

  check("are counted, the page stays small, and each of them is found", async ({ open }) => {
    const page = await open(at("/events"))
    await reads(page.locator("#state"), /^live$/)
    for (let n = 0; n < 10_000; n += 1_000)
      await sendAll(
        spoor,
        Array.from({ length: 1_000 }, (_, i) => ({ event: "many", params: { n: n + i } }))
      )
    await reads(page.locator("#total"), /^10,000$/)
    expect(await page.locator("#events .event").count()).toBeLessThanOrEqual(250)
    expect(await elements(page)).toBeLessThan(manyElements)
    await page.getByRole("button", { name: "History" }).click()
    await reads(page.locator("#state"), /^2[5-9]\d found/)
    await page.getByRole("button", { name: "Search further" }).click()
    await reads(page.locator("#state"), /^5\d\d found/)
    await page.locator("[name=param]").fill("n=7")
    await page.getByRole("button", { name: "Search", exact: true }).click()
    await sees("the one", () => typesOf(page), ["many"])
    await reads(page.locator("#state"), /^1 found in 10,000 records$/)
    await page.goto(String(at("/counters/event-counter")))
    await reads(page.getByRole("table", { name: "by type" }), /many\s+10,000/)
  })
})
