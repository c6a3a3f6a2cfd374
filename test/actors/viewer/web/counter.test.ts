/** The pages of the numbers in a real browser: tables, charts over time, and downloads. */
import { afterAll, beforeAll, expect } from "bun:test"
import type { Page } from "playwright-core"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { reads, sees, texts } from "./seeing.ts"
import { send } from "./sending.ts"

inBrowser("the pages of the numbers", (check) => {
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))

  beforeAll(async () => {
    spoor = await startSpoor(["--all"], ownSettings())
    for (const country of ["US", "DE", "DE", "US"] as const)
      await send(spoor, "page_view", {}, { country, agent: "phone" })
    await send(spoor, "=1+1", {}, { country: "GB" })
    for (const text of ["red shoes", "red shoes", "@hat"])
      await send(spoor, "offr", { action: "preview", text }, { country: "US" })
  })
  afterAll(() => spoor.end("SIGKILL"))

  const rowsOf = (page: Page, table: string) => page.getByRole("table", { name: table }).locator("tbody tr")
  const shown = async (page: Page, table: string) =>
    (await texts(rowsOf(page, table))).map((row) => row.split("\t"))

  check("each consumer has a page with its tables", async ({ open }) => {
    const page = await open(at("/counters"))
    await sees("types", () => shown(page, "by type"), [
      ["page_view", "4"],
      ["offr", "3"],
      ["=1+1", "1"]
    ])
    await page.getByRole("link", { name: "Origins" }).click()
    await sees("countries", () => shown(page, "by country"), [
      ["US", "5"],
      ["DE", "2"],
      ["GB", "1"]
    ])
    expect(await page.getByRole("link", { name: "Origins" }).getAttribute("aria-current")).toBe("page")
    await page.getByRole("link", { name: "Searches" }).click()
    await sees("searches", () => shown(page, "by text"), [
      ["red shoes", "2"],
      ["@hat", "1"]
    ])
    await page.getByRole("link", { name: "Timings" }).click()
    await reads(rowsOf(page, "timings").first(), /\d/)
  })

  check("a table is sorted by the pressed column", async ({ open }) => {
    const page = await open(at("/counters/metadata-counter"))
    const first = async () => (await shown(page, "by country")).map(([country]) => country)
    await sees("the largest first", first, ["US", "DE", "GB"])
    const sort = (column: string) =>
      page.getByRole("table", { name: "by country" }).getByRole("button", { name: column }).click()
    await sort("country")
    await sees("by name", first, ["DE", "GB", "US"])
    await sort("country")
    await sees("the other way", first, ["US", "GB", "DE"])
    expect(await page.locator("[aria-sort=descending]").count()).toBe(1)
    await sort("events")
    await sort("events")
    await sees("the smallest first", first, ["GB", "DE", "US"])
  })

  check("charts are drawn in the colours of their legend, and a key hides its line", async ({ open }) => {
    const page = await open(at("/counters/event-counter"))
    await page.getByRole("button", { name: "5 min", exact: true }).click()
    const chart = page.locator(".chart").first()
    const key = chart.getByRole("button", { name: "page_view" })
    await key.waitFor()
    const isDrawn = () => key.locator(".swatch").evaluate(paints)
    await eventually("its colour is in the picture", isDrawn)
    await key.click()
    expect(await key.getAttribute("aria-pressed")).toBe("false")
    await eventually("and is gone", async () => !(await isDrawn()))
    expect(await chart.getByRole("img").getAttribute("aria-label")).toMatch(
      /^Events per second by type\. Now: /
    )
    for (const name of ["metadata-counter", "search-counter", "timing-stats"]) {
      await page.goto(String(at(`/counters/${name}`)))
      const swatches = page.locator(".chart .key .swatch")
      await swatches.first().waitFor()
      await eventually(`the chart of ${name}`, () => swatches.first().evaluate(paints))
    }
  })

  check("tables are copied and downloaded as CSV and JSON without formulas", async ({ open, forgive }) => {
    const page = await open(at("/counters/event-counter"), {
      permissions: ["clipboard-read", "clipboard-write"]
    })
    await sees("it is counted", async () => (await shown(page, "by type")).length, 3)
    await page.getByLabel("Export by type").click()
    const take = async (kind: string) => {
      const link = page.getByRole("link", { name: `Download by type as ${kind}` })
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()])
      return { name: download.suggestedFilename(), text: await Bun.file(await download.path()).text() }
    }
    const csv = await take("CSV")
    expect(csv.name).toMatch(/\.csv$/)
    expect(csv.text.trimEnd().split("\r\n").toSorted()).toEqual(
      [`"type","events"`, `"offr",3`, `"page_view",4`, `"'=1+1",1`].toSorted()
    )
    const json = await take("JSON")
    expect(JSON.parse(json.text)).toContainEqual({ type: "=1+1", events: 1 })
    await page.getByRole("button", { name: "Copy by type as CSV" }).click()
    await reads(page.locator("#copied"), /^Copied$/)
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    expect(await copied()).toContain(`"'=1+1",1`)
    await page.getByRole("button", { name: "Copy by type as JSON" }).click()
    await sees("as JSON", copied, json.text)
    forgive(/503/)
    await page.route("**/by-type.csv", (route) => route.fulfill({ status: 503 }))
    await page.getByRole("button", { name: "Copy by type as CSV" }).click()
    await reads(page.locator("#copied"), /^Not copied: The viewer answered with status 503\.$/)
    expect(await copied()).toBe(json.text)
    await page.keyboard.press("Escape")
    await sees("the menu is closed", () => page.locator("details.menu[open]").count(), 0)
  })

  check("a table is reset after a confirmation and counts from 0", async ({ open }) => {
    const page = await open(at("/counters/event-counter"))
    const byAction = () => shown(page, "by action")
    const reset = page.getByRole("button", { name: "Reset by action" })
    await sees("what was counted", byAction, [["offr[preview]", "3"]])
    await reset.click()
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click()
    await sees("all is there", byAction, [["offr[preview]", "3"]])
    await reset.click()
    await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click()
    await sees("nothing is left", async () => (await byAction()).length, 0)
    expect(await reset.isDisabled()).toBe(true)
    await send(spoor, "offr", { action: "buy" }, { country: "US" })
    await sees("what came since", byAction, [["offr[buy]", "1"]])
    expect((await shown(page, "by type")).find(([type]) => type === "offr")).toEqual(["offr", "4"])
  })
})

/** Whether the chart of this swatch has a pixel of its colour. Runs in the page. */
const paints = (swatch: Element): boolean => {
  const drawn = swatch.closest(".chart")?.querySelector("canvas")
  if (drawn === null || drawn === undefined) return false
  const canvas = new OffscreenCanvas(drawn.width, drawn.height)
  const copy = canvas.getContext("2d")
  copy?.drawImage(drawn, 0, 0)
  const pixels = copy?.getImageData(0, 0, drawn.width, drawn.height).data ?? []
  const [red, green, blue] = getComputedStyle(swatch).color.match(/\d+/g)?.map(Number) ?? []
  for (let i = 0; i < pixels.length; i += 4)
    if (pixels[i] === red && pixels[i + 1] === green && pixels[i + 2] === blue) return true
  return false
}
