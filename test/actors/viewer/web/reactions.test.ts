/** The page of reactions in a browser: rules, targets and calls are shown and changed; a rule is tried before it is saved. */
import { afterAll, beforeAll, expect } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { sqliteReactionStore } from "../../../../bridge/reaction-store/sqlite/store.ts"
import { DeliveryId } from "../../../../contracts/reactions/delivery.ts"
import { inBrowser } from "../../../support/browser.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { fillStore, rulesFileText } from "../reactions/filled-store.ts"
import { overflow, reads, sees, texts } from "./seeing.ts"

const isLive = (page: Page) => reads(page.locator("#state"), /^live$/)

const ruleRow = (page: Page, name: string) =>
  page.locator("#rules > tr").filter({ has: page.getByRole("button", { name, exact: true }) })

const targetRow = (page: Page, name: string) =>
  page.locator("#targets > tr").filter({ has: page.getByRole("button", { name, exact: true }) })

/** The figures of a rule: matched, delivered, dead, discarded, suppressed, waiting, in flight. */
const figures = async (page: Page, name: string) =>
  (await texts(ruleRow(page, name).locator("td.number:not(.rate)"))).map(Number)

inBrowser("reactions", (check) => {
  const settings = ownSettings({
    RULES_VAR_SHOP: "https://shop.example",
    RULES_VAR_NETWORK: "https://network.example",
    RULES_SECRET_SHOP_TOKEN: "s3cret-token"
  })
  const directory = settings.DATA_DIR ?? ""
  const file = join(directory, "rules.yaml")
  let spoor: Spoor
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))

  beforeAll(async () => {
    writeFileSync(file, rulesFileText)
    await Effect.runPromise(
      Effect.scoped(Effect.flatMap(sqliteReactionStore(directory, 86_400_000), fillStore))
    )
    // No deliverer: the deliveries stay where the test put them.
    spoor = await startSpoor(["gateway", "drainer", "enricher", "bridge", "viewer"], {
      ...settings,
      RULES: file
    })
  })
  afterAll(() => spoor.end("SIGKILL"))

  check("rules have their lines, are found by name and event type, and open", async ({ open }) => {
    const page = await open(at("/"))
    await page.getByRole("link", { name: "Reactions", exact: true }).click()
    await isLive(page)
    await sees("the line", () => figures(page, "tell-the-shop"), [8, 4, 1, 0, 1, 1, 1])
    await reads(page.locator("#rule-count"), /^4$/)
    await reads(page.locator("#totals"), /Waiting\s+1[\s\S]*Suppressed\s+1\s+repeated 1/)
    await page.keyboard.press("/")
    await page.keyboard.type("sub_")
    await sees("those of an event type", () => texts(page.locator("#rules .opens")), [
      "postback-old",
      "postback-pay"
    ])
    await page.getByLabel("State").selectOption("off")
    await sees("the one that is off", () => texts(page.locator("#rules .opens")), ["postback-old"])
    await reads(page.locator("#rules-shown"), /^1 of 4$/)
    await page.getByLabel("State").selectOption("")
    await page.getByRole("button", { name: "postback-pay", exact: true }).click()
    const details = page.locator("#rules .row-details")
    await reads(details, /postback-pay\/report\s+1 matched = 1 delivered/)
    await reads(details.locator("pre"), /token: "{{ secrets\.NETWORK_TOKEN }}"/)
    // The details stay open while figures are read again.
    await page.waitForResponse(/\/api\/reactions$/)
    expect(await details.count()).toBe(1)
    await page.getByRole("button", { name: "Show its calls" }).click()
    await page.waitForURL("**/reactions?rule=postback-pay")
    await sees("its calls", async () => [...new Set(await texts(page.locator("#calls [data-name=rule]")))], [
      "postback-pay"
    ])
  })

  check("a call opens to its request and answer, as text", async ({ open }) => {
    const page = await open(at("/reactions?target=https%3A%2F%2Fshop.example"))
    const failed = page.locator("#calls > tr").filter({ hasText: "400" })
    await failed.locator(".opens").click()
    const details = page.locator("#calls .row-details")
    await reads(details, /POST https:\/\/shop\.example\/orders\?customer=42[\s\S]*authorization: Bearer •••/)
    await reads(details, /400\ncontent-type: text\/plain\n\nno such order/)
    await page.locator("#calls > tr").filter({ hasText: "200" }).first().locator(".opens").click()
    await reads(details.first(), /ok <b>bold<\/b>/)
    expect(await page.locator("#calls b").count()).toBe(0)
  })

  check("a target is paused, resumed, retried and enabled", async ({ open }) => {
    const page = await open(at("/reactions"))
    const shop = targetRow(page, "https://shop.example")
    const network = targetRow(page, "https://network.example")
    const gone = targetRow(page, "https://gone.example")
    await reads(network, /open until .*: it failed too often/)
    await page.getByRole("button", { name: "Retry now: https://network.example" }).click()
    await reads(page.locator("#target-outcome"), /^https:\/\/network\.example is called again/)
    await reads(network, /closed: it is called/)
    await page.getByRole("button", { name: "Pause: https://shop.example" }).click()
    await reads(shop, /paused by a person/)
    await page.getByRole("button", { name: "Resume: https://shop.example" }).click()
    await reads(shop, /closed: it is called/)
    await reads(gone, /disabled for rule postback-pay/)
    await page.getByRole("button", { name: "Enable https://gone.example for rule postback-pay" }).click()
    await sees("it is enabled", () => gone.locator(".disabled li").count(), 0)
  })

  check("a rule is tried, then saved, turned off, edited and removed", async ({ open, forgive }) => {
    const page = await open(at("/reactions"))
    await isLive(page)
    await page.getByRole("button", { name: "New rule" }).click()
    const text = page.getByLabel("Rule, as YAML or JSON")
    const save = page.getByRole("button", { name: "Save" })
    const attempt = page.getByRole("button", { name: "Try", exact: true })
    const result = page.locator(".try-result")
    expect(await save.isDisabled()).toBe(true)
    forgive(/400/)
    await text.fill("name: greet\nwhen: { type: app_open }\ndo: { call: { url: '{{ nosuch }}' } }\n")
    await attempt.click()
    await reads(result, /rule "greet", field do\.call\.url: .*nosuch/)
    expect(await save.isDisabled()).toBe(true)

    await text.fill(
      "name: greet\nwhen: { type: app_open }\ndo: { call: { url: '{{ vars.SHOP }}/hi/{{ params.who }}', bearer: '{{ secrets.SHOP_TOKEN }}' } }\n"
    )
    await page.getByLabel("Try it on").selectOption("json")
    await page.getByLabel("Event", { exact: true }).fill('{"type":"app_open","params":{"who":"<i>me</i>"}}')
    await attempt.click()
    await reads(result, /Rule greet matches the event app_open/)
    await reads(result, /GET https:\/\/shop\.example\/hi\/<i>me<\/i>\s+authorization: Bearer •••/)
    expect(await page.content()).not.toContain("s3cret-token")

    await save.click()
    await reads(page.locator("#outcome"), /^Rule greet was created\.$/)
    const row = ruleRow(page, "greet")
    await row.getByRole("switch").click()
    await reads(page.locator("#outcome"), /^Rule greet was turned off\.$/)
    await sees("it is off", () => row.getByRole("switch").getAttribute("aria-checked"), "false")

    await page.getByRole("button", { name: "greet", exact: true }).click()
    await page.getByRole("button", { name: "Edit" }).click()
    await text.fill((await text.inputValue()).replace("app_open", "app_close"))
    expect(await save.isDisabled()).toBe(true)
    await attempt.click()
    await save.click()
    await reads(page.locator("#outcome"), /^Rule greet was replaced\.$/)
    await reads(row, /app_close/)

    await page.getByRole("button", { name: "Remove", exact: true }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click()
    expect(await row.count()).toBe(1)
    await page.getByRole("button", { name: "Remove", exact: true }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click()
    await sees("it is gone", () => row.count(), 0)
  })

  check("a rule of the file can be tried and not saved; a bad file is reported", async ({ open }) => {
    const page = await open(at("/reactions"))
    await page.getByRole("button", { name: "tell-the-shop", exact: true }).click()
    await page.locator("#rules .row-details").getByRole("button", { name: "Try" }).click()
    await reads(page.locator("#editor"), /This rule is in the file RULES: try it here, change it there/)
    expect(await page.getByRole("button", { name: "Save" }).isVisible()).toBe(false)
    await page.keyboard.press("Escape")
    expect(await page.locator("#editor").isVisible()).toBe(false)
    writeFileSync(file, rulesFileText.replace("method: POST", "method: SHOUT"))
    await reads(
      page.locator("#verdict"),
      /last good version is in force: line \d+, rule "tell-the-shop", field do\.0\.call\.method/
    )
    writeFileSync(file, rulesFileText)
    await sees("no problem", () => page.locator("#verdict p").count(), 0)
  })

  check("nothing is wider than a narrow screen, whatever is open", async ({ open }) => {
    const page = await open(at("/reactions"), { viewport: { width: 390, height: 844 } })
    await isLive(page)
    await page.getByRole("button", { name: "tell-the-shop", exact: true }).click()
    await page.locator("#calls .opens").first().click()
    await page.getByRole("button", { name: "New rule" }).click()
    await reads(page.locator("#rules .row-details pre"), /tell-the-shop/)
    expect(await overflow(page)).toBe(0)
  })

  check("the ledger has a line per rule, which adds up", async ({ open }) => {
    const page = await open(at("/ledger"))
    await reads(
      page.locator("#verdict"),
      /^The ledger balances: every line and every reaction is accounted for/
    )
    await sees("the lines", () => texts(page.locator("#rules .name")), [
      "postback-pay",
      "postback-pay/report",
      "tell-the-shop"
    ])
    const row = page.locator("#rules tr").filter({ hasText: "tell-the-shop" })
    await sees("the line", async () => (await texts(row.locator("td"))).map(Number), [8, 4, 1, 0, 1, 1, 1, 0])
    await sees(
      "all",
      async () => (await texts(page.locator("#all-rules td"))).map(Number),
      [11, 6, 2, 0, 1, 1, 1, 0]
    )
  })

  check("a discarded dead letter is still a part of what its rule matched", async ({ open }) => {
    const store = sqliteReactionStore(directory, 86_400_000)
    await Effect.runPromise(
      Effect.scoped(Effect.flatMap(store, ({ discard }) => discard(DeliveryId.make("e5.tell-the-shop"))))
    )
    const page = await open(at("/reactions"))
    await sees("the line", () => figures(page, "tell-the-shop"), [8, 4, 0, 1, 1, 1, 1])
    await reads(page.locator("table.rules thead"), /= Delivered\s+\+ Dead\s+\+ Discarded\s+\+ Suppressed/)
  })
})
