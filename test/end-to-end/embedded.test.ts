/** One command with embedded services only: an event from HTTP to the page and the counters, on Bun and on Deno. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { ticketOf, watch } from "../actors/viewer/watching.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const tables = async (spoor: Spoor, counter: string): Promise<Record<string, ReadonlyArray<object>>> => {
  const answer = await fetch(new URL(`/api/counters/${counter}`, spoor.address("watch them")))
  return ((await answer.json()) as { rows: Record<string, ReadonlyArray<object>> }).rows
}

const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const

for (const runtime of runtimes) {
  describe(`embedded on ${runtime}`, () => {
    let settings: Environment
    let spoor: Spoor

    const send = async (path: string): Promise<void> => {
      const answer = await fetch(new URL(path, spoor.address("send events")), {
        headers: { "x-forwarded-for": "8.8.8.8", "user-agent": "curl/8.0" }
      })
      expect(await answer.json()).toEqual({ status: "ok" })
    }

    beforeAll(async () => {
      settings = ownSettings()
      spoor = await startSpoor(["--all"], settings, runtime)
    })
    afterAll(() => spoor.end("SIGKILL"))

    test("prints its URLs, and which dependencies are embedded", () => {
      const output = spoor.output()
      for (const what of ["send events", "watch them", "health"])
        expect(spoor.address(what).protocol).toBe("http:")
      for (const dependency of ["queue", "bus", "log", "projections"]) {
        expect(output).toMatch(new RegExp(`^  ${dependency} .*\\(embedded\\)$`, "m"))
      }
    })

    test("an event is enriched, shown on the page, and counted", async () => {
      const { origin } = spoor.address("watch them")
      const { events, socket } = watch(origin, await ticketOf(origin), { watch: {} })
      await send("/t/app_open?deviceid=abcdf&ts=123456&referrer=website")
      await send("/t/offr?action=preview&text=red%20shoes")
      const event = await eventually("the event is shown", () =>
        events().find(({ type }) => type === "app_open")
      )
      socket.close()
      expect(event).toMatchObject({ country: "US", address: "8.8.8.8" })
      expect(event.raw).toMatch(
        /^app_open type=\w+&browser=&.*&ip=8080808&klag=\d+&country=US&city=XX deviceid=abcdf&ts=123456&referrer=website$/
      )
      await eventually("the counters have counted", async () => {
        expect(await tables(spoor, "event-counter")).toEqual({
          "by-type": expect.arrayContaining([
            { type: "app_open", events: 1 },
            { type: "offr", events: 1 }
          ]),
          "by-action": [{ action: "offr[preview]", events: 1 }],
          "by-event": expect.arrayContaining([
            { event: "app_open", events: 1 },
            { event: "offr[preview]", events: 1 }
          ])
        })
        expect((await tables(spoor, "metadata-counter"))["by-country"]).toEqual([
          { country: "US", events: 2 }
        ])
        expect(await tables(spoor, "search-counter")).toEqual({
          "by-text": [{ text: "red shoes", events: 1 }]
        })
        expect((await tables(spoor, "timing-stats")).timings).toMatchObject([{ count: 2 }, { count: 2 }])
        return true
      })
    })

    test("the page is served at both addresses; health and metrics are correct", async () => {
      for (const path of ["/", "/kafidx", "/counters/event-counter"]) {
        const page = await fetch(new URL(path, spoor.address("watch them")))
        expect(page.status).toBe(200)
        expect(await page.text()).toContain("<title>")
      }
      const ready = await fetch(spoor.address("health"))
      expect(ready.status).toBe(200)
      const report = (await ready.json()) as { seams: ReadonlyArray<{ name: string; ok: boolean }> }
      expect(report.seams.map(({ name, ok }) => [name, ok])).toEqual(
        ["queue", "bus", "log", "projections", "reactions", "device mappings"].map((name) => [name, true])
      )
      const metrics = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
      expect(metrics).toContain('spoor_actor_events_total{actor="bridge",outcome="succeeded"} 2')
    })

    test("it stops with exit code 0; after a restart the counts are kept and continue", async () => {
      expect(await spoor.end("SIGINT")).toBe(0)
      spoor = await startSpoor(["--all"], settings, runtime)
      await send("/t/app_open?again=1")
      await eventually("the count continues", async () => {
        expect((await tables(spoor, "event-counter"))["by-type"]).toContainEqual({
          type: "app_open",
          events: 2
        })
        return true
      })
    })

    test("waiting events are processed after a restart", async () => {
      expect(await spoor.end()).toBe(0)
      spoor = await startSpoor(["gateway"], settings, runtime)
      for (let n = 0; n < 10; n++) await send(`/t/waited?n=${n}`)
      expect(await spoor.end()).toBe(0)
      spoor = await startSpoor(["--all"], settings, runtime)
      await eventually("all are counted", async () => {
        expect((await tables(spoor, "event-counter"))["by-type"]).toContainEqual({
          type: "waited",
          events: 10
        })
        return true
      })
    })
  })
}
