/** Every page against the rules of axe-core, in light, dark and on a narrow screen. */
import { afterAll, beforeAll, expect } from "bun:test"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { AxeResults } from "axe-core"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { sqliteReactionStore } from "../../../../bridge/reaction-store/sqlite/store.ts"
import { inBrowser, type Session } from "../../../support/browser.ts"
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { fillStore } from "../reactions/filled-store.ts"
import { click, reads, rowOf } from "./seeing.ts"
import { pushLines, send } from "./sending.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** Violations as `rule: element`, one per element. */
const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  // The security policy of the pages forbids script elements, but not evaluation by the browser's driver.
  await page.evaluate(axe)
  const results: AxeResults = await page.evaluate("axe.run()")
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`)
  )
}

interface Data {
  readonly eventId: string
  readonly deadLetter: string
}

/** A page: its address, and the actions that show all of it. */
interface Scene {
  readonly name: string
  readonly path: (data: Data) => string
  readonly prepare: (page: Page) => Promise<unknown>
}

const isLive = (page: Page) => reads(page.locator("#state"), /^live$/)

const scenes: ReadonlyArray<Scene> = [
  {
    name: "messages between actors",
    path: () => "/contracts",
    prepare: (page) => reads(page.locator("#message-raw-batch-2"), /JSON Schema/)
  },
  {
    name: "overview",
    path: () => "/",
    prepare: async (page) => {
      await isLive(page)
      await page.locator("#open-all").click()
    }
  },
  {
    name: "events",
    path: () => "/events",
    prepare: async (page) => {
      await click(rowOf(page, "order"))
      await reads(page.locator("#events .details .verdict"), /from the gateway to the log/)
      await page.getByRole("button", { name: "Test event" }).click()
    }
  },
  {
    name: "history",
    path: () => "/events?view=past",
    prepare: (page) => reads(page.locator("#state"), /found in/)
  },
  {
    name: "one event",
    path: ({ eventId }) => `/events?event=${eventId}`,
    prepare: (page) => reads(page.locator("#one-event .verdict"), /from the gateway to the log/)
  },
  {
    name: "numbers",
    path: () => "/counters",
    prepare: async (page) => {
      await page.locator(".chart .key").first().waitFor()
      await page.getByLabel("Export by type").click()
    }
  },
  {
    name: "one counter in a time range",
    path: () => "/counters/metadata-counter?since=2026-01-01T00:00:00Z",
    prepare: (page) => reads(page.locator("#counted"), /^Counted from/)
  },
  {
    name: "ledger",
    path: ({ eventId }) => `/ledger?event=${eventId}`,
    prepare: async (page) => {
      await isLive(page)
      await reads(page.locator("#event-location"), /In the log/)
    }
  },
  {
    name: "reactions",
    path: () => "/reactions",
    prepare: async (page) => {
      await isLive(page)
      await page.getByRole("button", { name: "postback-pay", exact: true }).click()
      await reads(page.locator("#rules .row-details pre"), /postback-pay/)
      await page.locator("#calls .opens").first().click()
      await page.getByRole("button", { name: "New rule" }).click()
      await page.getByLabel("Try it on").selectOption("json")
      await page.getByLabel("Event", { exact: true }).fill('{"type":"purchase","params":{"order":"1"}}')
      await page.getByRole("button", { name: "Try", exact: true }).click()
      await reads(page.locator(".try-result"), /would send/)
    }
  },
  {
    name: "messages",
    path: () => "/push",
    prepare: async (page) => {
      await reads(page.locator("#state"), /^not configured$/)
    }
  },
  {
    name: "dead letters",
    path: () => "/dead-letters",
    prepare: async (page) => {
      await reads(page.locator("#state"), /^read just now$/)
      await page.locator("#letters input").first().check()
    }
  },
  {
    name: "one dead letter",
    path: ({ deadLetter }) => `/dead-letters/letter?address=${encodeURIComponent(deadLetter)}`,
    prepare: async (page) => {
      await page.getByRole("button", { name: "Dry run" }).click()
      await reads(page.locator("#dry-run"), /dead-lettered/)
      await page.locator("#hex summary").click()
    }
  },
  { name: "missing page", path: () => "/nosuch", prepare: (page) => reads(page.locator("h1"), /not found/) }
]

const looks = [
  ["light", { viewport: { width: 1280, height: 800 }, colorScheme: "light" }],
  ["dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, colorScheme: "light" }]
] as const

inBrowser("axe-core finds no violation", (check) => {
  const settings = ownSettings()
  let spoor: Spoor
  let data: Data
  const at = (path: string): URL => new URL(path, spoor.address("watch them"))
  const getJson = async <Answer>(path: string): Promise<Answer> =>
    (await (await fetch(at(path))).json()) as Answer

  beforeAll(async () => {
    await Effect.runPromise(
      Effect.scoped(Effect.flatMap(sqliteReactionStore(settings.DATA_DIR ?? "", 86_400_000), fillStore))
    )
    spoor = await startSpoor(["--all"], settings)
    await send(spoor, "app_open", { n: "1" })
    await send(
      spoor,
      "purchase",
      { order: "4711", text: "red shoes", long: "x".repeat(3_000) },
      { agent: "phone", country: "DE" }
    )
    await pushLines(settings.DATA_DIR ?? "", ["not a line"])
    data = await eventually("all are processed", async () => {
      const found = await getJson<{ events: Array<{ id: string }> }>("/api/search?type=purchase")
      const dead = await getJson<{ letters: Array<{ address: string }> }>("/api/dead-letters")
      const [[event], [deadLetter]] = [found.events, dead.letters]
      if (event === undefined || deadLetter === undefined) return undefined
      return { eventId: event.id, deadLetter: deadLetter.address }
    })
  })
  afterAll(() => spoor.end("SIGKILL"))

  const inspect = async (
    { open, forgive }: Session,
    { name, path, prepare }: Scene,
    look: (typeof looks)[number]
  ) => {
    if (name === "missing page") forgive(/404/)
    const page = await open(at(path(data)), look[1])
    await prepare(page)
    expect(await violations(page)).toEqual([])
  }

  for (const scene of scenes)
    for (const look of looks) check(`${scene.name}, ${look[0]}`, (session) => inspect(session, scene, look))

  check("a violation is found", async ({ open }) => {
    const page = await open(at("/"))
    await isLive(page)
    await page.evaluate(() => document.querySelector("main")?.append(document.createElement("input")))
    expect((await violations(page)).join()).toMatch(/^label: <input>/)
  })
})
