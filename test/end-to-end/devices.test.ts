/** User agents of public reports from HTTP to the record in the log, in one process on embedded services. */
import { expect, test } from "bun:test"
import { ticketOf, watch } from "../actors/viewer/watching.ts"
import cases from "../bridge/user-agent/user-agents.json" with { type: "json" }
import { eventually } from "../support/eventually.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

test("each event's record has the device type of its sender", async () => {
  const spoor = await startSpoor(["--all"], ownSettings())
  try {
    const { origin } = spoor.address("watch them")
    const { events, socket } = watch(origin, await ticketOf(origin), { watch: {} })
    for (const [index, { ua }] of cases.entries()) {
      const answer = await fetch(new URL(`/t/case${index}`, spoor.address("send events")), {
        headers: { "user-agent": ua }
      })
      expect(await answer.json()).toEqual({ status: "ok" })
    }
    const found = await eventually("all are shown", () => {
      const shown = new Map(events().map(({ type, raw }) => [type, raw]))
      return cases.every((_, index) => shown.has(`case${index}`)) ? shown : undefined
    })
    socket.close()
    for (const [index, { ua, type, platform }] of cases.entries()) {
      const raw = found.get(`case${index}`)
      if (type !== undefined) expect([ua, raw]).toEqual([ua, expect.stringContaining(` type=${type}&`)])
      if (platform === "android") expect([ua, raw]).toEqual([ua, expect.stringContaining("&os=Android&")])
    }
  } finally {
    await spoor.end("SIGKILL")
  }
})
