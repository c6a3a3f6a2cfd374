/** The same events at every stage in the live streams of a running viewer; open streams do not delay its end. */
import { afterEach, describe, expect, test } from "bun:test"
import type { CopyStage } from "../../contracts/event-copy.ts"
import { type Stream, stream } from "../actors/viewer/watching.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const running: Array<Spoor> = []
const streams: Array<Stream> = []
afterEach(async () => {
  for (const one of streams.splice(0)) one.leave()
  for (const spoor of running.splice(0)) await spoor.end("SIGKILL")
})

const stages: ReadonlyArray<CopyStage> = ["raw", "enriched", "stored", "rejected"]

for (const runtime of ["bun", "deno"] as const) {
  describe.skipIf(runtime === "deno" && denoProgram() === undefined)(`on ${runtime}`, () => {
    test("an event is streamed at each subscribed stage with its id, and the system ends at once", async () => {
      const settings = ownSettings({ VIEWER_TOKEN: "t-1", VIEWER_HOST: "127.0.0.1", VIEWER_MASK: "secret" })
      const spoor = await startSpoor(["--all"], settings, runtime)
      running.push(spoor)
      const url = spoor.address("watch them").origin
      const gateway = spoor.address("send events").origin
      const authorization = "Bearer t-1"
      expect((await fetch(`${url}/live`)).status).toBe(401)
      const [raw, enriched, stored, rejected] = await Promise.all(
        stages.map((stage) => stream(url, `?stage=${stage}&type=%3Dseen`, { authorization }))
      )
      if (!raw || !enriched || !stored || !rejected) throw new Error("All four streams must be open.")
      streams.push(raw, enriched, stored, rejected)
      const three = [raw, enriched, stored]
      await eventually("the event is streamed at all stages", async () => {
        await (await fetch(`${gateway}/t/seen?n=1&secret=s3cret`)).text()
        return three.every(({ events }) => events().length > 0)
      })
      const known = new Set(stored.events().map(({ id }) => id))
      await eventually("the streamed events are stored", () => {
        for (const { id } of stored.events()) known.add(id)
        return raw.events().every(({ id }) => known.has(id))
      })
      for (const one of three) {
        const [event] = one.events()
        expect(event).toMatchObject({ type: "seen", topic: "events" })
        expect(event?.params).toContainEqual(["secret", "•••"])
        expect(JSON.stringify(one.messages)).not.toContain("s3cret")
      }
      expect(Object.keys(stored.events()[0]?.times ?? {}).toSorted()).toEqual([
        "claimed",
        "enriched",
        "logged",
        "received",
        "sent"
      ])
      expect(rejected.events()).toEqual([])

      const ending = spoor.end("SIGTERM")
      await Promise.all([raw, enriched, stored, rejected].map(({ ended }) => ended))
      running.splice(0)
      expect(await ending).toBe(0)
    }, 60_000)
  })
}
