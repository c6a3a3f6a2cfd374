/**
 * Takes the screenshots of the viewer for README.md and actors/viewer/README.md: `bun test/screenshots/main.ts [minutes]`.
 * Runs all actors in one process on embedded services, with the events of a simulated shop for `minutes` (6), and writes
 * deploy/screenshots/*.png.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { pushLines } from "../actors/viewer/web/sending.ts"
import { startTarget } from "../faults/reactions/target.ts"
import { chromiumProgram, startBrowser } from "../support/browser.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import { openShop } from "./shop.ts"
import { smaller } from "./smaller.ts"

const [minutes = 6] = process.argv.slice(2).map(Number)
const target = join(import.meta.dirname, "..", "..", "deploy", "screenshots")
const directory = join(tmpdir(), "spoor")

const wide = { viewport: { width: 1280, height: 880 } }
const narrow = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }

const live = (page: Page) => page.locator("#state", { hasText: /^live$/ }).waitFor()

/** How long the overview is open before its screenshot, so that its sparklines are filled, milliseconds. */
const overviewMs = 100_000

/** Opens a purchase that is among the first events of the list. */
const openEvent = async (page: Page): Promise<void> => {
  const pause = page.locator("#pause")
  const rows = page.locator("#events .event")
  for (;;) {
    await rows.nth(9).waitFor()
    await pause.click()
    const types = (await rows.locator(".type").allInnerTexts()).slice(0, 4)
    const place = types.findIndex((type) => type.trim() === "purchase")
    if (place > 0) {
      await rows.nth(place).locator(".time").click()
      await pause.click()
      await page.locator("#events .consumers li:not(.open)").nth(4).waitFor()
      return page.mouse.move(640, 20)
    }
    await pause.click()
    await page.waitForTimeout(300)
  }
}

interface Picture {
  readonly name: string
  readonly path: string
  /** The size of the window. */
  readonly size: BrowserContextOptions
  /** Prepares the page before the screenshots in light and dark colours. */
  readonly before: (page: Page) => Promise<unknown>
}

const pictures: ReadonlyArray<Picture> = [
  { name: "overview", path: "/", size: wide, before: (page) => page.waitForTimeout(overviewMs) },
  {
    name: "event",
    path: "/events",
    size: { viewport: { width: 1280, height: 1000 } },
    before: openEvent
  },
  {
    name: "numbers",
    path: "/counters/event-counter",
    size: { viewport: { width: 1280, height: 780 } },
    before: async (page) => {
      await page.getByRole("button", { name: "5 min", exact: true }).click()
      await page.locator(".chart .key").nth(4).waitFor()
      await page.waitForTimeout(500)
    }
  },
  {
    name: "reactions",
    path: "/reactions",
    size: { viewport: { width: 1280, height: 1000 } },
    before: (page) => page.waitForTimeout(overviewMs)
  },
  { name: "narrow", path: "/", size: narrow, before: (page) => page.waitForTimeout(overviewMs) }
]

/** What the shop's events cause. The second target does not exist. */
const rules = `rules:
  - name: tell-the-warehouse
    when: { type: purchase, all: ["params.total >= 20"] }
    do: { call: { url: "{{ vars.WAREHOUSE }}/orders", bearer: "{{ secrets.WAREHOUSE }}", body: { order: "{{ params.order }}" } } }
  - name: greet-once
    when: { type: app_open }
    often: { once: "{{ params.deviceid }}", within: 1h }
    do: { call: { url: "{{ vars.WAREHOUSE }}/greetings/{{ params.deviceid | url_encode }}" } }
  - name: postback-adtek
    when: { type: app_open, all: ["params.campaign = spring"] }
    do: { call: { url: "http://127.0.0.1:9/postback", report: { type: pob, params: { status: "{{ answer.status }}" } } } }
`

/** Invalid lines, which become dead letters. */
const invalidLines = [
  "91.64.10.10 yesterday shop nopod /t/screen_view page=/ curl/8.0",
  "",
  "screen_view page=/sale"
]

const take = async (browser: Browser, spoor: Spoor, { name, path, size, before }: Picture): Promise<void> => {
  const context = await browser.newContext({ ...size, locale: "en-GB" })
  const page = await context.newPage()
  await page.goto(String(new URL(path, spoor.address("watch them"))))
  await live(page)
  await before(page)
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme })
    const picture = smaller(await page.screenshot())
    writeFileSync(join(target, `${name}-${colorScheme}.png`), picture)
    process.stdout.write(`${name}-${colorScheme}: ${Math.round(picture.byteLength / 1024)} KB\n`)
  }
  await context.close()
}

const program = chromiumProgram()
if (program === undefined) process.exit(1)
mkdirSync(target, { recursive: true })
rmSync(directory, { recursive: true, force: true })
mkdirSync(directory, { recursive: true })
const warehouse = await startTarget("warehouse")
writeFileSync(join(directory, "rules.yaml"), rules)
const spoor = await startSpoor(
  ["--all"],
  ownSettings({
    DATA_DIR: directory,
    RULES: join(directory, "rules.yaml"),
    RULES_VAR_WAREHOUSE: warehouse.origin,
    RULES_SECRET_WAREHOUSE: "only-in-the-call",
    WEBHOOK_ALLOW: "127.0.0.1"
  })
)
const closing = new AbortController()
const shop = openShop(spoor.address("send events"), closing.signal)
await pushLines(directory, invalidLines)
const browser = await startBrowser(program)
await new Promise((resolve) => setTimeout(resolve, Math.max(0, minutes * 60_000 - overviewMs)))
for (const some of Object.values(Object.groupBy(pictures, ({ path }) => path)))
  await Promise.all((some ?? []).map((picture) => take(browser, spoor, picture)))
closing.abort()
await shop
await browser.close()
await spoor.end()
await warehouse.close()
rmSync(directory, { recursive: true, force: true })
