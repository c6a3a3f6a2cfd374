/** Pages that stay open while the viewer restarts: they show the lost connection and reconnect. */
import { afterAll, beforeAll, expect } from "bun:test"
import { inBrowser } from "../../../support/browser.ts"
import { freePort } from "../../../support/server.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { reads, sees, texts, typesOf } from "./seeing.ts"
import { send } from "./sending.ts"

inBrowser("a viewer that restarts", (check) => {
  let settings: ReturnType<typeof ownSettings>
  let spoor: Spoor
  beforeAll(async () => {
    settings = ownSettings({ VIEWER_PORT: String(await freePort()) })
    spoor = await startSpoor(["--all"], settings)
  })
  afterAll(() => spoor.end("SIGKILL"))

  check("open pages reconnect, and the list shows no event twice", async ({ open, forgive }) => {
    forgive(/ERR_CONNECTION_REFUSED|WebSocket connection|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET/)
    await send(spoor, "before")
    const at = spoor.address("watch them")
    const events = await open(new URL("/events", at))
    const overview = await open(at)
    await sees("what came before", () => typesOf(events), ["before"])
    await reads(overview.locator("#state"), /^live$/)

    await spoor.end("SIGKILL")
    await reads(events.locator("#state"), /^not connected/)
    await reads(overview.locator("#state"), /^not read/)
    await sees("what was shown stays", () => typesOf(events), ["before"])

    spoor = await startSpoor(["--all"], settings)
    await reads(events.locator("#state"), /^live$/)
    await reads(overview.locator("#state"), /^live$/)
    await send(spoor, "since")
    await sees("what came since", () => typesOf(events), ["before", "since"])
    expect(await texts(overview.locator("#stages h3 .name"))).toHaveLength(6)
  })
})
