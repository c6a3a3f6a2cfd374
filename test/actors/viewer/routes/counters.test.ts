/** The tables of a range of time as JSON and as files: bounded like the others, and written by the same writers. */
import { expect, test } from "bun:test"
import type { Past } from "../../../../actors/viewer/history/service.ts"
import { ask, noPast } from "../requests.ts"

const rows = Array.from({ length: 300 }, (_, n) => ({
  type: n === 0 ? " =1+1" : `type ${n}`,
  events: 300 - n
}))
const past: Past = {
  ...noPast,
  tablesOf: async (_, { until }) => ({ reached: until, looked: 300, troubles: [], rows: { "by-type": rows } })
}

test("a range of time has as many rows as are shown, its files have all", async () => {
  const answer = await (await ask("/api/counters/event-counter?since=1&until=2", { past })).json()
  expect(answer).toMatchObject({ name: "event-counter", looked: 300, reached: 2, troubles: [] })
  expect(answer.rows["by-type"]).toEqual(rows.slice(0, 200))
  const json = await ask("/counters/event-counter/by-type.json?since=1&until=2", { past })
  expect(await json.json()).toEqual(rows)
  const csv = await ask("/counters/event-counter/by-type.csv?since=1&until=2", { past })
  const lines = (await csv.text()).split("\r\n")
  expect([lines.length, lines[0], lines[1], lines[2]]).toEqual([
    302,
    '"type","events"',
    `"' =1+1",300`,
    '"type 1",299'
  ])
})

test("without a range it is what the counter keeps, and one that makes no sense is refused", async () => {
  const kept = await (await ask("/api/counters/event-counter")).json()
  expect(kept.rows["by-type"]).toEqual([{ key: "<b>app_open</b>", count: 3 }])
  for (const path of ["/api/counters/event-counter", "/counters/event-counter/by-type.csv"]) {
    expect((await ask(`${path}?since=2&until=1`, { past })).status).toBe(400)
  }
})
