/** Targets that rest: longer after each failure, until one works. */
import { expect, test } from "bun:test"
import { makeRestingTargets } from "../../../../actors/runtime/inbox/resting-targets.ts"
import { ownTargets } from "../../../../contracts/reactions/delivery.ts"

test("a target rests after a failure, longer each time, and works again at once", () => {
  const resting = makeRestingTargets()
  const { queue, devices } = ownTargets
  expect(resting.at(0)).toEqual([])
  expect(resting.endsIn(0)).toBe(Number.POSITIVE_INFINITY)
  let now = 0
  let last = 0
  for (let failures = 0; failures < 12; failures += 1) {
    last = resting.failed(queue, now)
    // Another delivery that failed at the same time is the same failure.
    expect(resting.failed(queue, now)).toBeLessThanOrEqual(2_000)
    expect(resting.at(now)).toEqual([queue])
    expect(resting.endsIn(now)).toBeGreaterThan(0)
    now += 2_001
    expect(resting.at(now)).toEqual([])
  }
  expect(last).toBeGreaterThanOrEqual(1_000)
  resting.failed(devices, now)
  resting.failed(queue, now)
  resting.worked(queue)
  expect(resting.at(now)).toEqual([devices])
})
