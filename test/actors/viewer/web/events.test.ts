/** The page of events of a whole system in one process, in a real browser: live, filtered, opened, and the history. */
import { afterAll, beforeAll, expect } from "bun:test"
import type { SearchView } from "../../../../actors/inspect/events/messages.ts"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { click, reads, rowOf, sees, texts, typesOf } from "./seeing.ts"
import { send, sendAll } from "./sending.ts"

inBrowser("the page of events", (check) => {
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))
  const stored = (param: string) =>
    eventually(`${param} is stored`, async () => {
      const answer = await fetch(at(`/api/search?param=${param}`))
      return ((await answer.json()) as SearchView).events[0]
    })

  beforeAll(async () => {
    spoor = await startSpoor(["--all"], ownSettings())
    await send(spoor, "app_open", { plan: "free", town: "Bonn" }, { agent: "phone", country: "DE" })
    await send(spoor, "app_open", { plan: "paid", town: "Bonn" }, { agent: "phone", country: "DE" })
    await send(spoor, "app_reopen", { plan: "free" }, { agent: "desktop", country: "DE" })
    await send(spoor, "app_open", { plan: "free" }, { agent: "phone", country: "GB" })
    await send(spoor, "purchase", { order: "4711" }, { agent: "desktop", country: "US" })
    await stored("order=4711")
  })
  afterAll(() => spoor.end("SIGKILL"))

  check("filters combine, are part of the address and survive a reload", async ({ open }) => {
    const page = await open(at("/events"))
    const five = ["app_open", "app_open", "app_open", "app_reopen", "purchase"]
    await sees("all", () => typesOf(page), five)
    const field = (name: string) => page.locator(`#filter [name=${name}]`)
    await field("type").fill("open")
    await sees("of a part of the type", () => typesOf(page), five.slice(0, 4))
    await field("country").fill("de")
    await sees("and a country", () => typesOf(page), ["app_open", "app_open", "app_reopen"])
    await field("device").fill("mobile")
    await sees("and a device", () => typesOf(page), ["app_open", "app_open"])
    await field("param").fill("plan=free")
    await sees("and a parameter", () => typesOf(page), ["app_open"])
    await field("text").fill("bonn")
    await field("topic").fill("events")
    await eventually("the address has all of them", () => new URL(page.url()).searchParams.size === 6)
    await page.reload()
    await sees("the same after a reload", () => typesOf(page), ["app_open"])
    await field("topic").fill("other")
    await reads(page.locator("#empty"), /No matching events yet/)
    await page.getByRole("button", { name: "Clear" }).click()
    await sees("all again", () => typesOf(page), five)
    await page.goBack()
    await reads(page.locator("#empty"), /No matching events yet/)
  })

  check("a chosen value sets the filter", async ({ open }) => {
    const page = await open(at("/events"))
    await rowOf(page, "order=4711")
      .locator(".type .choice")
      .click({ modifiers: ["Control"] })
    await sees("the type alone", () => typesOf(page), ["purchase"])
    expect(await page.locator("[name=type]").inputValue()).toBe("=purchase")
    await rowOf(page, "order=4711")
      .locator(".params .choice")
      .first()
      .click({ modifiers: ["Control"] })
    expect(await page.locator("[name=param]").inputValue()).toBe("order=4711")
  })

  check("each stage can be watched while events pass", async ({ open }) => {
    const raw = await open(at("/events?stage=raw&type=staged"))
    const enriched = await open(at("/events?stage=enriched&type=staged"))
    await reads(raw.locator("#state"), /live/)
    await reads(enriched.locator("#state"), /live/)
    // The copy subscription takes effect a moment later.
    await eventually("both stages show it", async () => {
      await send(spoor, "staged")
      return (await rowOf(raw, "").count()) > 0 && (await rowOf(enriched, "").count()) > 0
    })
    await click(rowOf(raw, ""))
    await reads(raw.locator("#events .raw pre"), /^127\.0\.0\.1 \d+ |^8\.8\.8\.8 \d+ /)
    await click(rowOf(enriched, ""))
    await reads(enriched.locator("#events .raw pre"), /^staged type=Desktop&browser=Chrome/)
  })

  check("a paused list adds no events until it is resumed", async ({ open }) => {
    const [page, other] = [await open(at("/events?type=paused")), await open(at("/events?type=paused"))]
    await send(spoor, "paused", { n: "1" })
    await sees("the first", () => typesOf(page), ["paused"])
    await page.getByRole("button", { name: "Pause" }).click()
    await reads(page.locator("#state"), /^paused$/)
    await send(spoor, "paused", { n: "2" })
    await sees("both elsewhere", () => typesOf(other), ["paused", "paused"])
    expect(await typesOf(page)).toEqual(["paused"])
    await page.getByRole("button", { name: "Resume" }).click()
    await sees("both here", () => typesOf(page), ["paused", "paused"])
    await reads(page.locator("#state"), /^live$/)
  })

  check(
    "an opened event shows its parts, its record, its position in the log and its timeline",
    async ({ open }) => {
      await send(spoor, "opened", { color: "red shoes", mark: "own" }, { agent: "phone", country: "DE" })
      const { id, offset, timestamp } = await stored("mark=own")
      const page = await open(at("/events"))
      // Raw lines are cached while the feed has a subscriber, from a moment later on.
      const lined = await eventually("a line is kept", async () => {
        const mark = crypto.randomUUID()
        await send(spoor, "lined", { mark }, { agent: "phone" })
        const { id: of } = await stored(`mark=${mark}`)
        const { line } = (await (await fetch(at(`/api/events/${of}`))).json()) as { line?: object }
        return line === undefined ? undefined : of
      })
      const alone = await open(at(`/events?event=${lined}`))
      await reads(alone.getByRole("region", { name: "One event" }), / \/t\/lined mark=/)
      const row = rowOf(page, "mark=own")
      const time = row.locator("time")
      const shown = new Intl.DateTimeFormat("en-GB", {
        timeZone: "Asia/Kolkata",
        timeStyle: "medium",
        hourCycle: "h23"
      }).format(timestamp)
      expect(await time.innerText()).toStartWith(`${shown}.`)
      expect(await time.getAttribute("title")).toBe(`${new Date(timestamp).toISOString()} · ${timestamp} ms`)
      await click(row)
      const details = page.locator("#events .details")
      const part = (title: string) =>
        details.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true }) })
      expect(await texts(part("Parameters").locator("dt, dd"))).toEqual(["color", "red shoes", "mark", "own"])
      expect(await texts(part("Device").locator("dd"))).toContain("Mobile Safari")
      expect(await texts(part("Place").locator("dd"))).toContain("DE")
      expect(await part("Meta").innerText()).toContain("klag")
      expect(await texts(part("Coordinates").locator("dd"))).toEqual(
        expect.arrayContaining(["stored", "events", "0", offset ?? ""])
      )
      expect(await part("Coordinates").innerText()).toContain(id)
      expect(await part("Record").locator("pre").innerText()).toMatch(
        /^opened type=Mobile&.*&country=DE&city=\S+ color=red\+shoes&mark=own$/
      )
      const timeline = part("Timeline")
      await sees("every stage", () => texts(timeline.locator("ol b")), [
        "gateway",
        "queue",
        "drainer",
        "enricher",
        "bridge",
        "log"
      ])
      await sees(
        "every consumer, and when it had it",
        async () => (await texts(timeline.locator(".consumers li:not(.open) b"))).toSorted(),
        ["event-counter", "metadata-counter", "search-counter", "timing-stats", "viewer"]
      )
      for (const took of await texts(timeline.locator(".took"))) expect(took).toMatch(/^\+?[\d.,]+ m?s/)
      await reads(timeline.locator(".verdict"), /from the gateway to the log/)
    }
  )

  check("the history is searched by parameter, time and event id", async ({ open }) => {
    const { id } = await stored("order=4711")
    const page = await open(at("/events"))
    await page.getByRole("button", { name: "History" }).click()
    await page.locator("[name=param]").fill("order=4711")
    await page.getByRole("button", { name: "Search", exact: true }).click()
    await sees("the one", () => typesOf(page), ["purchase"])
    await reads(page.locator("#state"), /^1 found in [\d,]+ records$/)
    await page.locator("[name=until]").fill("2026-01-01T00:00:00")
    await page.locator("[name=since]").fill("2025-12-31T00:00:00")
    await page.getByRole("button", { name: "Search", exact: true }).click()
    await reads(page.locator("#empty"), /^No event found/)
    await page.locator("[name=text]").fill(id)
    await page.getByRole("button", { name: "Search", exact: true }).click()
    const one = page.getByRole("region", { name: "One event" })
    await reads(one, /order\s+4711/)
    await sees("its timeline", async () => (await texts(one.locator(".timeline ol b"))).length, 6)
    await page.goto(String(at(`/events?event=${id}`)))
    await reads(one, /order\s+4711/)
  })

  check("the history starts with the newest event, or with the oldest on demand", async ({ open }) => {
    for (const n of [1, 2, 3]) {
      await send(spoor, "turned", { turn: String(n) })
      await stored(`turn=${n}`)
    }
    const page = await open(at("/events?view=past&param=turn"))
    const turns = () => texts(page.locator("#events .event .params"))
    await sees("the newest first", turns, ["turn=3", "turn=2", "turn=1"])
    await reads(page.locator("#sampling"), /^Newest first$/)
    await page.getByLabel("Order").selectOption("oldest first")
    await sees("the oldest first", turns, ["turn=1", "turn=2", "turn=3"])
    await reads(page.locator("#sampling"), /^Oldest first$/)
    expect(page.url()).toContain("order=oldest")
  })

  check("a log that cannot be searched is not shown as an empty result", async ({ open }) => {
    const page = await open(at("/events"))
    const away = { events: [], looked: 0, complete: false, next: 1, troubles: ["Kafka is away."] }
    await page.route("**/api/search*", (route) => route.fulfill({ json: away }))
    await page.getByRole("button", { name: "History" }).click()
    await reads(page.locator("#state"), /^not searched$/)
    expect(await page.locator("#state").getAttribute("data-kind")).toBe("lost")
    await reads(page.locator("#empty"), /could not be searched/)
    await reads(page.locator("#further"), /Kafka is away\./)
  })

  check("the events shown are saved as JSON and as CSV without formulas", async ({ open }) => {
    await send(spoor, "saved", { sum: "=1+1", quote: 'a"b' })
    const page = await open(at("/events?type=saved"))
    await sees("it", () => typesOf(page), ["saved"])
    await sees("no other buttons for it", () => page.locator(".notes button:visible").count(), 0)
    await page.getByLabel("Export the events shown").click()
    const save = async (name: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name }).click()
      ])
      return Bun.file(await download.path()).text()
    }
    const [saved] = JSON.parse(await save("Save the events shown as JSON"))
    expect(saved).toMatchObject({ type: "saved", params: expect.arrayContaining([["sum", "=1+1"]]) })
    const csv = await save("Save the events shown as CSV")
    expect(csv).toContain("saved")
    expect(csv).not.toMatch(/(^|,)"?[=+@-]/m)
  })

  check("two pages with different filters each show their own events", async ({ open }) => {
    const [left, right] = [await open(at("/events?param=side=left")), await open(at("/events?type=right"))]
    const sides = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? "left" : "right"))
    await sendAll(
      spoor,
      sides.map((side, n) => ({ event: side, params: { side, n } }))
    )
    for (const [page, side] of [
      [left, "left"],
      [right, "right"]
    ] as const)
      await sees(
        `${side} alone`,
        () => typesOf(page),
        Array.from({ length: 20 }, () => side)
      )
  })
})
