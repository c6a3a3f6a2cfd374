/** Every page with the keyboard alone, and with names for screen readers. */
import { afterAll, beforeAll, expect } from "bun:test"
import type { Page } from "playwright-core"
import { inBrowser } from "../../../support/browser.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { reads, sees, typesOf } from "./seeing.ts"
import { pushLines, send } from "./sending.ts"

inBrowser("with the keyboard alone", (check) => {
  const settings = ownSettings()
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))

  beforeAll(async () => {
    spoor = await startSpoor(["--all"], settings)
    await send(spoor, "first", { n: "1" })
    await send(spoor, "second", { n: "2" })
    await pushLines(settings.DATA_DIR ?? "", ["not a line"])
  })
  afterAll(() => spoor.end("SIGKILL"))

  check("events are filtered, opened, closed and paused", async ({ open }) => {
    const page = await open(at("/events"))
    const press = (...keys: ReadonlyArray<string>) => pressed(page, keys)
    await sees("both", () => typesOf(page), ["first", "second"])
    await press("/", ..."second")
    await sees("the one", () => typesOf(page), ["second"])
    await press("Control+a", "Delete", "Escape")
    await sees("both again", () => typesOf(page), ["first", "second"])
    await press("ArrowDown", "ArrowDown", "Enter")
    await reads(page.locator("#events .details h2"), /^first$/)
    expect(await page.locator("#events .event").nth(1).getAttribute("aria-expanded")).toBe("true")
    await tabTo(page, /^Show only events with this parameter|^1$/)
    await press("Escape")
    expect(await page.locator("#events .details").count()).toBe(0)
    expect(await focused(page)).toMatch(/first/)
    await press("Escape", "Space")
    await reads(page.locator("#state"), /^paused$/)
    await press("Space")
    await reads(page.locator("#state"), /^live$/)
  })

  check("pages are opened, instances shown, a table sorted, a dead letter replayed", async ({ open }) => {
    const page = await open(at("/"))
    await reads(page.locator("#state"), /^live$/)
    await pressed(page, ["Tab"])
    expect(await focused(page)).toBe("Skip to content")
    await tabTo(page, /^Show instances$/)
    await pressed(page, ["Enter"])
    await sees("each", () => page.locator("#instances .instance:visible").count(), 11)

    await page.goto(String(at("/")))
    await tabTo(page, /^Numbers$/)
    await pressed(page, ["Enter"])
    await page.waitForURL("**/counters")
    await tabTo(page, /^type$/)
    await pressed(page, ["Enter"])
    await page.locator("[aria-sort=ascending]").waitFor()

    await page.goto(String(at("/dead-letters")))
    await page.locator("#letters .line").waitFor()
    await tabTo(page, /^not a line$/)
    await pressed(page, ["Enter"])
    await page.waitForURL("**/letter?*")
    await reads(page.locator("#state"), /^in the list$/)
    await tabTo(page, /^Discard$/)
    await pressed(page, ["Enter", "Escape"])
    expect(await page.getByRole("dialog").count()).toBe(0)
    await page.keyboard.press("Shift+Tab")
    await tabTo(page, /^Replay$/)
    await pressed(page, ["Enter"])
    await reads(page.locator("#outcome"), /^1 dead letter replayed/)
  })

  check("a rule is written, tried and saved, then opened and closed", async ({ open }) => {
    const page = await open(at("/reactions"))
    await reads(page.locator("#state"), /^live$/)
    await tabTo(page, /^New rule$/)
    await pressed(page, ["Enter", "Control+a"])
    await page.keyboard.type("name: hello\nwhen: { type: first }\ndo: { emit: { type: second } }")
    await tabTo(page, /^Try$/)
    await pressed(page, ["Enter"])
    await reads(page.locator(".try-result"), /The rule is valid/)
    await tabTo(page, /^Save$/)
    await pressed(page, ["Enter"])
    await reads(page.locator("#outcome"), /^Rule hello was created/)
    await page.getByRole("button", { name: "hello", exact: true }).waitFor()
    await tabTo(page, /^hello$/)
    await pressed(page, ["Enter"])
    await reads(page.locator("#rules .row-details"), /event second/)
    await pressed(page, ["Escape"])
    expect(await page.locator("#rules .row-details").count()).toBe(0)
  })

  check("every control has a name, and each page a title and one heading of its own", async ({ open }) => {
    const page = await open(at("/"))
    const titles = new Set<string>()
    for (const path of [
      "/",
      "/events",
      "/counters/event-counter",
      "/reactions",
      "/dead-letters",
      "/ledger"
    ]) {
      await page.goto(String(at(path)))
      await reads(page.locator("#state"), /^(live|read just now)$/)
      expect(await nameless(page)).toEqual([])
      expect(await page.locator("main h1").count()).toBe(1)
      titles.add(await page.title())
    }
    expect(titles.size).toBe(6)
  })
})

const pressed = async (page: Page, keys: ReadonlyArray<string>): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key)
}

/** The accessible name of the focused element; fails if its focus is not visible. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const one = document.activeElement
    if (one === null || one === document.body) return ""
    const { outlineStyle, boxShadow } = getComputedStyle(one)
    const isSeen = outlineStyle !== "none" || boxShadow !== "none"
    const name = one.getAttribute("aria-label") ?? one.textContent ?? ""
    return isSeen ? name.trim() : `unseen: ${name.trim()}`
  })

/** Presses Tab until the element with this name has the focus. */
const tabTo = async (page: Page, name: RegExp): Promise<void> => {
  const passed: Array<string> = []
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab")
    const now = await focused(page)
    if (name.test(now)) return
    passed.push(now)
  }
  throw new Error(`Not reached: ${name}, but ${passed.join(" · ")}`)
}

/** Controls without a name. */
const nameless = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("a, button, input, select, textarea, summary, [role=button]")]
      .filter((one) => one.checkVisibility())
      .filter((one) => {
        const labels = "labels" in one ? Array.from(one.labels as NodeListOf<HTMLElement>) : []
        const own = one.matches("input, select, textarea") ? "" : one.textContent
        const texts = [one.getAttribute("aria-label"), own, ...labels.map((label) => label.textContent)]
        return texts.every((text) => (text ?? "").trim() === "")
      })
      .map((one) => one.outerHTML.slice(0, 200))
  )
