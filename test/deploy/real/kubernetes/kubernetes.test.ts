/** What the run on Kubernetes computes from what it sees: figures over all processes, and pods taken away. No cluster. */
import { expect, test } from "bun:test"
import { total } from "./metrics-api.ts"
import { fallsOf, fewest, highest } from "./watch.ts"

const drainer = (lines: number, age: number): string =>
  [
    "# TYPE spoor_queue_waiting_lines gauge",
    `spoor_queue_waiting_lines{queue="a"} ${lines}`,
    `spoor_queue_waiting_lines{queue="b"} 1`,
    `spoor_queue_waiting_lines_of_another 99`,
    `spoor_queue_oldest_waiting_age_seconds{queue="a"} ${age}`
  ].join("\n")

const counter = [
  'spoor_consumer_lag_records{group="spoor-event-counter",topic="events",partition="0"} 7',
  'spoor_consumer_lag_records{group="spoor-timing-stats",topic="events",partition="0"} 40'
].join("\n")

test("waiting lines are the sum over queues and drainers, the age is the largest", () => {
  const texts = [drainer(5, 2.5), drainer(0, 0)]
  expect(total(texts, "spoor_queue_waiting_lines")).toBe(7)
  expect(total(texts, "spoor_queue_waiting_lines", { queue: "a" })).toBe(5)
  expect(total(texts, "spoor_queue_oldest_waiting_age_seconds")).toBe(2.5)
})

test("a lag is that of one group, and a missing series is not 0", () => {
  expect(total([counter, counter], "spoor_consumer_lag_records", { group: "spoor-event-counter" })).toBe(14)
  expect(total([counter], "spoor_consumer_lag_records", { group: "spoor-search-counter" })).toBeUndefined()
  expect(total([counter], "spoor_queue_waiting_lines")).toBeUndefined()
})

test("each time that pods are taken away is seen, with how many", () => {
  const wanted = [2, 5, 5, 4, 2].map((count, at) => ({
    at,
    wanted: { enricher: count },
    available: { enricher: count - 1 }
  }))
  expect(fallsOf(wanted, "enricher")).toEqual([
    [3, 1],
    [4, 2]
  ])
  expect([highest(wanted, "enricher"), fewest(wanted, "enricher")]).toEqual([5, 1])
})
