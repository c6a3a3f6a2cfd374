/** The viewer's pages on real Redis, NATS and Kafka, with the actors in several processes; one is killed and restarted. */
import { afterAll, beforeAll, describe } from "bun:test"
import type { Page } from "playwright-core"
import { reads, rowOf, sees, texts, typesOf } from "../actors/viewer/web/seeing.ts"
import { send } from "../actors/viewer/web/sending.ts"
import { inBrowser } from "../support/browser.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import type { Spoor } from "../support/spoor.ts"

const card = (page: Page, name: string) =>
  page.locator(".stage-card").filter({ has: page.locator("h3 .name", { hasText: new RegExp(`^${name}$`) }) })

const servers = await realServers()
describe.skipIf(servers === undefined)("on real servers", () => {
  let cluster: Cluster
  let edge: Spoor
  let enricher: Spoor
  let viewer: Spoor
  beforeAll(async () => {
    cluster = makeCluster(servers ?? {})
    edge = await cluster.start("gateway", "drainer", "bridge", "event-counter")
    enricher = await cluster.start("enricher")
    viewer = await cluster.start("viewer")
  }, 60_000)
  afterAll(() => cluster.stop())

  inBrowser("the pages", (check) => {
    check(
      "a killed stage is shown as down; events wait and are stored after its restart",
      async ({ open }) => {
        const overview = await open(viewer.address("watch them"))
        const events = await open(new URL("/events", viewer.address("watch them")))
        await sees("real systems", () => texts(overview.locator("#dependencies .which b")), [
          "Redis",
          "NATS",
          "Kafka",
          "Redis",
          "Redis",
          "Redis"
        ])
        await reads(events.locator("#state"), /^live$/)
        await send(edge, "came", { n: "1" }, { country: "DE" })
        await sees("the event is shown", () => typesOf(events), ["came"])
        await reads(card(overview, "Log").locator(".facts"), /since start\s+1\b/)

        await enricher.end("SIGKILL")
        await reads(card(overview, "Enricher").locator(".condition"), /^down$/)
        await reads(overview.locator("#sentence"), /enricher/i)
        await send(edge, "waited", { n: "2" })
        await reads(card(overview, "Queue"), /[1-9]\s*waiting|in flight\s+[1-9]/)
        enricher = await cluster.start("enricher")
        await sees("the waiting event is shown", () => typesOf(events), ["came", "waited"])
        await reads(card(overview, "Enricher").locator(".condition"), /^(flowing|idle)$/)
      }
    )

    check("an opened event is in Kafka, and its timeline has all stages", async ({ open }) => {
      const page = await open(new URL("/events?type=came", viewer.address("watch them")))
      await rowOf(page, "n=1").locator(".time").click()
      const details = page.locator("#events .details")
      await reads(details.locator(".timeline .verdict"), new RegExp(`In the log: topic ${cluster.topic}`))
      await sees("the stages", () => texts(details.locator(".timeline ol b")), [
        "gateway",
        "queue",
        "drainer",
        "enricher",
        "bridge",
        "log"
      ])
    })
  })
})
