/**
 * Hostile events: scripts, formulas, invisible characters and very long texts, in every field that clients can set. On
 * every page they are plain text, and the page keeps its layout.
 */
import { afterAll, beforeAll, expect } from "bun:test"
import type { Page } from "playwright-core"
import type { SearchView } from "../../../../actors/inspect/events/messages.ts"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { click, overflow, reads, sees } from "./seeing.ts"
import { pushLines } from "./sending.ts"

const attacks = [
  "<script>globalThis.executed=1</script>",
  '"><img src=/executed onerror="globalThis.executed=1">',
  "</td></tr></tbody></table><h1>broken</h1><base href=//example.org>",
  "javascript:alert(1)//{{alert(1)}}<%=alert(1)%>",
  '=HYPERLINK("http://example.org/"&A1,"win")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "\u202egnp.exe\u202c \u2067abc\u2069 \u200bhidden\ufeff",
  "שלום עולם مرحبا",
  "bell\u0007 red\u001b[31m back\u0008 nul\u0000 line\u2028 tab\t",
  "Z\u0301\u0300\u0302\u0303".repeat(60),
  "long".repeat(2_000),
  "🜁".repeat(700),
  "%E0%A4%A %ZZ %",
  "__proto__"
]

/** Lines of trackers with these texts in every field, unencoded and percent-encoded. */
const lines = attacks.flatMap((attack, n) => {
  const bare = attack.replaceAll(/[ \n]/g, "_")
  const coded = encodeURIComponent(attack)
  const now = Date.now() + n
  return [
    `8.8.8.8 ${now} ${bare} ${bare} /t/${bare} ${bare}=${bare}&n=${n} ${attack}`,
    `8.8.8.8 ${now} ${coded} ${coded} /t/${coded} ${coded}=${coded}&action=${coded}&n=${n} ${attack}`,
    `8.8.8.8 ${now} trk pod /t/offr action=preview&text=${coded} ${attack}`
  ]
})

/** Invalid lines, each a dead letter. */
const letters = attacks.map((attack) => `no line ${attack}`)

/** Invisible characters, which must not be in a page's text. */
const acting = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/u

/** Expects that nothing was executed or inserted as markup, and that the page is as wide as its window. */
const isUnharmed = async (page: Page): Promise<void> => {
  const seen = await page.evaluate(() => ({
    executed: "executed" in globalThis,
    foreign: [
      ...document.querySelectorAll("img, iframe, object, embed, base, script:not([src^='/page/']), [onerror]")
    ].map((one) => one.outerHTML.slice(0, 200)),
    titles: document.querySelectorAll("main h1").length,
    text: document.body.innerText
  }))
  expect(seen).toMatchObject({ executed: false, foreign: [], titles: 1 })
  expect(acting.exec(seen.text)?.[0].codePointAt(0)?.toString(16)).toBeUndefined()
  expect(await overflow(page)).toBe(0)
}

const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 }
]

inBrowser("hostile events", (check) => {
  const settings = ownSettings()
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))

  beforeAll(async () => {
    spoor = await startSpoor(["--all"], settings)
    await pushLines(settings.DATA_DIR ?? "", [...lines, ...letters])
    await eventually("all are stored", async () => {
      const found = (await (await fetch(at("/api/search?limit=1000"))).json()) as SearchView
      return found.events.length >= lines.length
    })
  }, 60_000)
  afterAll(() => spoor.end("SIGKILL"))

  for (const viewport of sizes) {
    check(`the list of events and each of them opened, ${viewport.width} pixels wide`, async ({ open }) => {
      const page = await open(at("/events"), { viewport })
      const rows = page.locator("#events .event")
      await sees("all of them", () => rows.count(), lines.length)
      await isUnharmed(page)
      const shown = rows.filter({ hasNotText: "offr" })
      const count = await shown.count()
      expect(count).toBeGreaterThan(attacks.length)
      for (let n = 0; n < count; n += viewport.width > 1_000 ? 1 : 4) {
        const row = shown.nth(n)
        await click(row)
        await reads(page.locator("#events .details .verdict"), /from the gateway to the log/)
        await isUnharmed(page)
        await click(row)
      }
    })

    check(`numbers, dead letters, ledger and overview, ${viewport.width} pixels wide`, async ({ open }) => {
      const page = await open(at("/counters/event-counter"), { viewport })
      await reads(page.locator("#tables"), /script/)
      await isUnharmed(page)
      for (const name of ["metadata-counter", "search-counter", "timing-stats"]) {
        await page.goto(String(at(`/counters/${name}`)))
        await reads(page.locator("#tables"), /\d/)
        await isUnharmed(page)
      }
      await page.goto(String(at("/dead-letters")))
      const found = page.locator("#letters .letter .line")
      await sees("all dead letters", () => found.count(), letters.length)
      await isUnharmed(page)
      const addresses = await found.evaluateAll((links) => links.map((one) => one.getAttribute("href") ?? ""))
      for (const address of addresses.slice(0, 4)) {
        await page.goto(String(at(address)))
        await reads(page.locator("#envelope"), /event id/)
        await page.locator("#hex summary").click()
        await page.locator("#stored summary").click()
        await isUnharmed(page)
      }
      for (const path of ["/ledger", "/"]) {
        await page.goto(String(at(path)))
        await reads(page.locator("#state"), /^live$/)
        await isUnharmed(page)
      }
    })
  }

  check("hostile page addresses", async ({ open, forgive }) => {
    forgive(/Failed to load resource/)
    const page = await open(at("/events"))
    const text = encodeURIComponent(attacks.slice(0, 9).join(" "))
    for (const path of [
      `/events?type=${text}&param=${text}&text=${text}&topic=${text}&country=${text}&stage=${text}`,
      `/events?view=past&since=${text}&text=${text}`,
      `/events?event=${text}`,
      `/ledger?event=${text}`,
      `/dead-letters?reason=${text}&stage=${text}&topic=${text}&text=${text}&cursor=${text}`,
      `/dead-letters/letter?address=${text}`
    ]) {
      await page.goto(String(at(path)))
      await reads(page.locator("#state"), /^(?!loading|connecting|searching)./)
      await isUnharmed(page)
    }
  })

  check("copies of a stage, and invalid lines", async ({ open }) => {
    const page = await open(at("/events?stage=rejected"))
    await reads(page.locator("#state"), /^live$/)
    await eventually("rejected lines are shown", async () => {
      await pushLines(settings.DATA_DIR ?? "", letters)
      return (await page.locator("#events .event").count()) >= letters.length
    })
    await isUnharmed(page)
    await click(page.locator("#events .event").first())
    await reads(page.locator("#events .details .verdict.bad").first(), /^Rejected: /)
    await isUnharmed(page)
  })
})
