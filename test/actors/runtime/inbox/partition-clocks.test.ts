/** The clocks of a keyed actor's partitions never run ahead of unread records. */
import { expect, test } from "bun:test"
import { makePartitionClocks } from "../../../../actors/runtime/inbox/partition-clocks.ts"
import type { Topic } from "../../../../contracts/ids.ts"

const place = (partition: number) => ({ topic: "events" as Topic, partition })
const clocksOf = (owned: ReadonlyArray<number>) => {
  const clocks = makePartitionClocks()
  clocks.owned(owned.map(place))
  return clocks
}
const unknown = Number.NEGATIVE_INFINITY

test("a watermark becomes the clock when the partition was read to its end after it was known", () => {
  const clocks = clocksOf([0])
  const now = () => clocks.list().map(({ clock }) => clock)
  clocks.caughtUp(place(0), 100)
  clocks.advance({ time: 90, knownAt: 100 }, 0)
  clocks.advance({ time: 95, knownAt: 110 }, 0)
  expect(now()).toEqual([unknown])
  clocks.caughtUp(place(0), 101)
  clocks.advance({ time: 97, knownAt: 120 }, 0)
  expect(now()).toEqual([90])
  clocks.caughtUp(place(0), 120)
  clocks.advance(undefined, 0)
  expect(now()).toEqual([90])
  clocks.caughtUp(place(0), 121)
  clocks.advance(undefined, 0)
  expect(now()).toEqual([97])
})

test("a clock never goes back, and a re-keyer that stopped stops it", () => {
  const clocks = clocksOf([0])
  clocks.advance({ time: 90, knownAt: 1 }, 0)
  clocks.caughtUp(place(0), 2)
  clocks.advance({ time: 50, knownAt: 3 }, 0)
  clocks.caughtUp(place(0), 1_000_000)
  clocks.advance({ time: 50, knownAt: 3 }, 0)
  expect(clocks.list()).toEqual([{ partition: 0, clock: 90 }])
})

test("without a re-keyer the clock follows the time of the last look at the end, less the delay", () => {
  const clocks = clocksOf([0, 1])
  clocks.caughtUp(place(1), 100)
  clocks.caughtUp(place(1), 80)
  clocks.caughtUp(place(7), 100)
  clocks.advance("wall", 10)
  expect(clocks.list()).toEqual([
    { partition: 0, clock: unknown },
    { partition: 1, clock: 90 }
  ])
})

test("a partition that was lost begins without a clock when it is owned again", () => {
  const clocks = clocksOf([0, 1])
  for (const partition of [0, 1]) clocks.caughtUp(place(partition), 100)
  clocks.advance("wall", 0)
  clocks.owned([place(1)])
  clocks.owned([place(0), place(1)])
  clocks.advance("wall", 0)
  expect(clocks.list()).toEqual([
    { partition: 0, clock: unknown },
    { partition: 1, clock: 100 }
  ])
})
