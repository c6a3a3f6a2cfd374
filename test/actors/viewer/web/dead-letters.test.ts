/** Dead letters and the ledger in a browser: a dead letter is found, dry-run, repaired and replayed; the ledger balances. */
import { afterAll, beforeAll, expect } from "bun:test"
import type { Page } from "playwright-core"
import { inBrowser } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { reads, sees, texts, typesOf } from "./seeing.ts"
import { pushLines, send } from "./sending.ts"

inBrowser("dead letters and the ledger", (check) => {
  const settings = ownSettings()
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))
  const push = (...lines: ReadonlyArray<string>) => pushLines(settings.DATA_DIR ?? "", lines)

  const dead = async (page: Page, count: number): Promise<void> => {
    await eventually(`${count} dead letters`, async () => {
      await page.goto(String(at("/dead-letters")))
      await reads(page.locator("#state"), /^read just now$/)
      return (await page.locator("#total").innerText()) === String(count)
    })
  }

  /** The totals of all topics: received, stored, dead letters, discarded, waiting, in flight, replays. */
  const totals = async (page: Page) => (await texts(page.locator("#total td"))).map(Number)

  beforeAll(async () => {
    spoor = await startSpoor(["--all"], settings)
    await send(spoor, "fine")
    await push("8.8.8.8 noon trk nopod /t/late n=1 curl/8", "not a line", "neither is this")
  })
  afterAll(() => spoor.end("SIGKILL"))

  check(
    "a dead letter is found by its reason, dry-run, repaired, replayed, and arrives",
    async ({ open }) => {
      const page = await open(at("/"))
      await page.getByRole("link", { name: "Dead letters", exact: true }).first().click()
      await dead(page, 3)
      await page.locator("[name=reason]").selectOption("time is not a number")
      await page.getByRole("button", { name: "Search" }).click()
      await sees("the one", () => texts(page.locator("#letters .content")), [
        "8.8.8.8 noon trk nopod /t/late n=1 curl/8"
      ])
      await page.locator("#letters .line").click()
      await reads(page.locator("#envelope"), /reason\s+time is not a number[\s\S]*stage\s+drainer/)
      await page.getByRole("button", { name: "Dry run" }).click()
      await reads(
        page.locator("#dry-run"),
        /It would be dead-lettered again by the drainer: "time is not a number"/
      )
      await page
        .getByLabel("Line", { exact: true })
        .fill(`8.8.8.8 ${Date.now()} trk nopod /t/late n=1 curl/8`)
      await page.getByRole("button", { name: "Dry run" }).click()
      await reads(page.locator("#dry-run"), /It would be stored in topic events[\s\S]*late type=Bot/)
      await page.getByRole("button", { name: "Replay" }).click()
      await reads(page.locator("#outcome"), /^1 dead letter replayed\. The queue has it again/)
      await page.goto(String(at("/events?type=late")))
      await sees("it has arrived", () => typesOf(page), ["late"])
      await page.goto(String(at("/ledger")))
      await sees("the totals", () => totals(page), [4, 2, 2, 0, 0, 0, 1])
      await reads(page.locator("#verdict"), /^The ledger balances: every line is accounted for/)
    }
  )

  check("dead letters are discarded only after a confirmation", async ({ open }) => {
    const page = await open(at("/dead-letters?text=neither"))
    await page.getByLabel("Select all on this page").check()
    await reads(page.locator("#chosen"), /^1 selected$/)
    const ask = async (answer: string): Promise<void> => {
      await page.getByRole("button", { name: "Discard selected" }).click()
      await page.getByRole("dialog").getByRole("button", { name: answer }).click()
    }
    await ask("Cancel")
    expect(await page.locator("#letters .letter").count()).toBe(1)
    await ask("Discard")
    await reads(page.locator("#outcome"), /^1 dead letter discarded/)
    await reads(page.locator("#empty"), /^No dead letter matches/)
    await page.goto(String(at("/ledger")))
    await sees("the totals", () => totals(page), [4, 2, 1, 1, 0, 0, 1])
  })

  check("the ledger locates an event and links to its dead letter", async ({ open }) => {
    const page = await open(at("/dead-letters"))
    await page.locator("#letters .line").click()
    await page.getByRole("link", { name: "locate" }).click()
    await reads(page.locator("#event-location"), /"too few fields"|no path|dead letter/i)
    await page.getByRole("link", { name: "Open the dead letter" }).click()
    await reads(page.locator("#state"), /^in the list$/)
    await page.goto(String(at("/ledger")))
    await page.getByLabel("Event id").fill("no id")
    await page.getByRole("button", { name: "Find" }).click()
    await reads(page.locator("#event-location"), /\S/)
  })
})
