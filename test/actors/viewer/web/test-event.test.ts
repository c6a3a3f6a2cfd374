/** A test event is sent from the page, in a browser, and shown until it arrives. */
import { afterAll, beforeAll, expect } from "bun:test"
import { inBrowser } from "../../../support/browser.ts"
import { ownSettings, type Spoor, startSpoor } from "../../../support/spoor.ts"
import { reads, sees, texts } from "./seeing.ts"

inBrowser("a test event", (check) => {
  let spoor: Spoor
  beforeAll(async () => {
    spoor = await startSpoor(["--all"], ownSettings({ WRITE_KEYS: "the-right-key" }))
  })
  afterAll(() => spoor.end("SIGKILL"))

  check(
    "is sent with its parameters, arrives in the live stream, and reaches every consumer",
    async ({ open }) => {
      const page = await open(new URL("/events", spoor.address("watch them")))
      await page.getByRole("button", { name: "Test event" }).click()
      const form = page.getByRole("region", { name: "Test event" })
      await form.getByLabel("Type", { exact: true }).fill("tried_out")
      await form.getByRole("button", { name: "Add a parameter" }).click()
      await form.getByLabel("Name").last().fill("colour")
      await form.getByLabel("Value").last().fill("red & <b>green</b>")
      await form.getByLabel("Write key").fill("the-right-key")
      await form.getByRole("button", { name: "Send" }).click()
      const arrival = form.locator(".arrival")
      await reads(arrival, /The gateway answered 200 in [\d.]+ m?s/)
      await reads(arrival, /Seen in the live stream after [\d.]+ m?s/)
      await reads(form.locator(".arrived"), /colour\s+red & <b>green<\/b>/)
      await sees(
        "it has come to every consumer",
        async () => (await texts(form.locator(".timeline .consumers li:not(.open) b"))).length,
        5
      )
      expect(await page.locator("#events .event .type").first().innerText()).toBe("tried_out")
    }
  )

  check("shows why the gateway rejects it, and accepts a write key", async ({ open }) => {
    const page = await open(new URL("/events", spoor.address("watch them")))
    await page.getByRole("button", { name: "Test event" }).click()
    const form = page.getByRole("region", { name: "Test event" })
    const arrival = form.locator(".arrival")
    await form.getByLabel("Write key").fill("wrong")
    await form.getByRole("button", { name: "Send" }).click()
    await reads(arrival, /The gateway answered 401/)
    await form.getByLabel("Write key").fill("the-right-key")
    await form.getByRole("button", { name: "Send" }).click()
    await reads(arrival, /Seen in the live stream/)
  })
})
