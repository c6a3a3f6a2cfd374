/** The overview in a browser: under load, when a stage stalls and recovers, and of a system with fifty instances. */
import { afterAll, beforeAll, describe, expect } from "bun:test"
import type { Page } from "playwright-core"
import type { SystemView } from "../../../../actors/inspect/pipeline/system-view.ts"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { type Started, startViewer } from "../watching.ts"
import { overflow, reads, says, sees, texts } from "./seeing.ts"
import { sendAll } from "./sending.ts"
import { instance, pictured } from "./system-view.ts"

const stages = ["Gateway", "Queue", "Drainer", "Enricher", "Bridge", "Log"]
/** The last one has nothing to deliver: there are no rules. */
const consumers = [
  "event-counter",
  "metadata-counter",
  "search-counter",
  "timing-stats",
  "viewer",
  "reactor",
  "deliverer"
]
const busy = consumers.filter((name) => name !== "deliverer")

const card = (page: Page, name: string) =>
  page.locator(".stage-card").filter({ has: page.locator("h3 .name", { hasText: new RegExp(`^${name}$`) }) })

inBrowser("the overview of a system under load", (check) => {
  let spoor: Spoor
  let isLoaded = true
  let load: Promise<void>
  beforeAll(async () => {
    spoor = await startSpoor(["--all"], ownSettings())
    const some = Array.from({ length: 100 }, (_, n) => ({ event: "loaded", params: { n } }))
    const keepSending = async (): Promise<void> => {
      while (isLoaded) await sendAll(spoor, some)
    }
    load = keepSending()
  })
  afterAll(async () => {
    isLoaded = false
    await load
    await spoor.end("SIGKILL")
  })

  check("shows the pipeline with its rates, and updates them without a reload", async ({ open }) => {
    const page = await open(spoor.address("watch them"))
    await sees("every stage", () => texts(page.locator("#stages h3 .name")), stages)
    await sees("every consumer", () => texts(page.locator("#consumers h3 .name")), consumers)
    for (const name of [...stages, ...busy].filter((one) => one !== "Queue"))
      await reads(card(page, name).locator(".main"), /^[1-9][\d,.]*\s*(events)?\/s/)
    await reads(card(page, "Queue").locator(".facts"), /passed\s+[1-9]/)
    await reads(page.locator("#sentence"), /^(Everything is flowing\.|Idle)/)
    expect(await page.locator("#flow-line path").count()).toBeGreaterThanOrEqual(2 * consumers.length)
    await sees("its dependencies", () => texts(page.locator("#dependencies .what")), [
      "queue",
      "bus",
      "log",
      "projections",
      "reactions",
      "device mappings"
    ])
    expect(new Set(await texts(page.locator("#dependencies .nature")))).toEqual(new Set(["embedded"]))

    const since = card(page, "Log").locator(".facts")
    const before = await reads(since, /since start\s+[1-9]/)
    await eventually("it is updated", async () => (await since.innerText()) !== before)
    expect(await page.evaluate(() => performance.getEntriesByType("navigation").length)).toBe(1)
  })
})

describe("a made-up system", () => {
  let told: SystemView = pictured()
  let viewer: Started
  beforeAll(async () => {
    viewer = await startViewer({ system: async () => told })
  })
  afterAll(() => viewer.server.stop())

  inBrowser("the overview of it", (check) => {
    check("shows and announces that a stage is stalled, and that it has recovered", async ({ open }) => {
      told = pictured()
      const page = await open(viewer.url)
      const enricher = card(page, "Enricher")
      await reads(page.locator("#sentence"), /^Everything is flowing\.$/)
      const why = "1,200 lines wait and nothing was claimed for 12 s."
      const ill = { condition: "stands still" as const, sentence: why }
      told = pictured(ill, { enricher: { ...ill, rate: 0 } })
      await reads(enricher.locator(".condition"), /^stalled$/)
      await reads(enricher.locator(".sentence"), /^1,200 lines wait/)
      await reads(page.locator("#sentence"), /^1,200 lines wait/)
      const spoken = page.locator("#announcement")
      await says(spoken, /^1,200 lines wait/)
      expect(await page.title()).toBe("stalled · Spoor")
      expect(await spoken.getAttribute("role")).toBe("status")
      const gone = { condition: "down" as const, sentence: "No bridge runs." }
      told = pictured(ill, { enricher: { ...ill, rate: 0 }, bridge: gone })
      await says(spoken, /^Bridge is down\. No bridge runs\.$/)
      told = pictured()
      await reads(enricher.locator(".condition"), /^flowing$/)
      await says(spoken, /^Everything is flowing\.$/)
    })

    check("shows that a dependency is down, and what could not be read", async ({ open }) => {
      told = pictured({
        condition: "down",
        sentence: "The log is down.",
        seams: pictured().seams.map((dependency) =>
          dependency.name === "log" ? { ...dependency, ok: false, error: "No broker answers." } : dependency
        ),
        troubles: ["The queue did not answer within a second."]
      })
      const page = await open(viewer.url)
      await reads(page.locator("#dependencies .dependency").nth(2), /Down: No broker answers\./)
      await reads(page.locator("#troubles"), /did not answer/)
    })

    for (const [width, colorScheme] of [
      [1280, "light"],
      [390, "dark"]
    ] as const) {
      check(`fifty instances can be read ${width} pixels wide, ${colorScheme}`, async ({ open }) => {
        const names = pictured()
          .instances.map(({ name }) => name)
          .filter((name) => name !== "enricher")
        told = pictured(
          {
            instances: [
              ...names.map((name) => instance(name)),
              ...Array.from({ length: 50 - names.length }, (_, n) => instance("enricher", n + 1))
            ]
          },
          { enricher: { instances: 50 - names.length } }
        )
        const page = await open(viewer.url, { viewport: { width, height: 800 }, colorScheme })
        await reads(card(page, "Enricher").locator(".times"), /^×42$/)
        await reads(page.locator("#instances-count"), /^50 instances of 9 actors$/)
        expect(await page.locator("#instances tr:visible").count()).toBeLessThan(12)
        await page.getByRole("button", { name: "Show instances" }).click()
        await sees("each of them", () => page.locator("#instances .instance:visible").count(), 50)
        await reads(page.locator("#instances .instance").last(), /viewer-5d9c7b6f4-x1/)
        expect(await overflow(page)).toBe(0)
        expect(await overlapping(page)).toEqual([])
      })
    }

    check("stale data is marked as stale", async ({ open, forgive }) => {
      forgive(/Failed to load resource/)
      told = pictured()
      const page = await open(viewer.url)
      await reads(page.locator("#state"), /^live$/)
      await reads(page.locator("#sentence"), /^Everything is flowing\.$/)
      const colour = () => page.locator("#sentence").evaluate((one) => getComputedStyle(one).color)
      const before = await colour()
      await page.route("**/api/system", (route) => route.abort())
      await reads(page.locator("#state"), /^not read since \d\d:\d\d:\d\d: /)
      expect(await colour()).not.toBe(before)
      await page.unroute("**/api/system")
      await reads(page.locator("#state"), /^live$/)
      await sees("the headline in its colour", colour, before)
    })

    check("an unknown figure is a dash, never 0", async ({ open }) => {
      const none = { rate: null, failedRate: null, rejectedRate: null, events: null, lag: null, took: null }
      const cut = { condition: "unknown" as const, sentence: "It cannot be asked.", ...none, instances: null }
      const unknown = Object.fromEntries(
        [...stages.map((name) => name.toLowerCase()), ...consumers].map((name) => [
          name,
          name === "queue"
            ? { ...cut, waiting: null, inFlight: null, dead: null }
            : consumers.includes(name)
              ? { ...cut, behind: null }
              : { ...cut, underWay: null, capacity: null }
        ])
      )
      told = pictured(
        {
          condition: "unknown",
          sentence: "Nothing is known yet.",
          seams: pictured().seams.map((dependency) => ({ ...dependency, ok: null }))
        },
        unknown
      )
      const page = await open(viewer.url)
      await reads(page.locator("#sentence"), /^Nothing is known yet\.$/)
      expect(await texts(page.locator("#totals .value b"))).toEqual(["–", "–", "–", "–", "–", "–"])
      expect(new Set(await texts(page.locator("#totals .below")))).toEqual(new Set(["unknown"]))
      for (const one of await texts(page.locator(".stage-card"))) expect(one).not.toMatch(/\d/)
      expect(new Set(await texts(page.locator(".stage-card .condition")))).toEqual(new Set(["unknown"]))
      expect(new Set(await texts(page.locator(".dependency .trouble")))).toEqual(new Set(["Not checked yet"]))
    })

    check(
      "a reason is shown once, in the headline, and not again at each stage and dependency",
      async ({ open }) => {
        const why = "connect ECONNREFUSED 127.0.0.1:9092"
        told = pictured({
          condition: "stands still",
          sentence: `The log cannot be reached: ${why}.`,
          seams: pictured().seams.map((dependency) =>
            dependency.name === "log" ? { ...dependency, ok: false, error: why } : dependency
          )
        })
        const page = await open(viewer.url)
        await reads(page.locator("#dependencies .dependency").nth(2), /Down, see above/)
        const seen = await page.locator(".bar, #troubles, #totals, #flow, .instances").allInnerTexts()
        expect(seen.join(" ").split("ECONNREFUSED")).toHaveLength(2)
      }
    )
  })
})

/** The cards, totals, dependencies and rows that overlap another of their kind. */
const overlapping = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() => {
    const found: Array<string> = []
    for (const kind of [".stage-card", ".total", ".dependency", "#instances tr"]) {
      const boxes = [...document.querySelectorAll(kind)]
        .map((one) => ({ text: one.textContent?.slice(0, 20), box: one.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 1 && box.height > 1)
      for (const [i, a] of boxes.entries())
        for (const b of boxes.slice(i + 1)) {
          const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
          const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
          if (across > 1 && down > 1) found.push(`${a.text} and ${b.text}`)
        }
    }
    return found
  })
