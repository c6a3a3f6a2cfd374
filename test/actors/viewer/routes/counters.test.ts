/** The tables of a range of time as JSON and as files, with the same limits and writers as the counters' tables. */
import { expect, test } from "bun:test"
import type { History } from "../../../../actors/viewer/history/service.ts"
import { ask, noHistory } from "../requests.ts"

const rows = Array.from({ length: 300 }, (_, n) => ({
  type: n === 0 ? " =1+1" : `type ${n}`,
  events: 300 - n
}))
const history: History = {
  ...noHistory,
  tablesOf: async (_, { until }) => ({ reached: until, looked: 300, troubles: [], rows: { "by-type": rows } })
}

test("a range of time has the largest rows, its files all rows", async () => {
  const answer = await (await ask("/api/counters/event-counter?since=1&until=2", { history })).json()
  expect(answer).toMatchObject({ name: "event-counter", looked: 300, reached: 2, troubles: [] })
  expect(answer.rows["by-type"]).toEqual(rows.slice(0, 200))
  const json = await ask("/counters/event-counter/by-type.json?since=1&until=2", { history })
  expect(await json.json()).toEqual(rows)
  const csv = await ask("/counters/event-counter/by-type.csv?since=1&until=2", { history })
  const lines = (await csv.text()).split("\r\n")
  expect([lines.length, lines[0], lines[1], lines[2]]).toEqual([
    302,
    '"type","events"',
    `"' =1+1",300`,
    '"type 1",299'
  ])
})

test("without a range the rows are the counter's, and an invalid range is refused", async () => {
  const kept = await (await ask("/api/counters/event-counter")).json()
  expect(kept.rows["by-type"]).toEqual([{ key: "<b>app_open</b>", count: 3 }])
  for (const path of ["/api/counters/event-counter", "/counters/event-counter/by-type.csv"]) {
    expect((await ask(`${path}?since=2&until=1`, { history })).status).toBe(400)
  }
})
