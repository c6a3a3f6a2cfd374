/** The metrics of the systems that a process depends on: current at every read, and there from the start. */
import { expect, test } from "bun:test"
import { Effect, Metric } from "effect"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { makeOutage } from "../../../bridge/outage.ts"
import { Failure } from "../../../contracts/failure.ts"
import { outageOnOwnClock } from "../../support/outages.ts"

test("a dependency is up while its check succeeds and no operation on it fails", async () => {
  const { options, pass } = outageOnOwnClock()
  const outage = makeOutage({ name: "Redis at a:1", ...options })
  let isUp = true
  const check = Effect.suspend(() =>
    isUp ? Effect.void : Effect.fail(new Failure({ reason: "unavailable", message: "no" }))
  )
  const health = makeHealth()
  const registry = new Map()
  const run = <A>(effect: Effect.Effect<A>): Promise<A> =>
    Effect.runPromise(Effect.provideService(effect, Metric.MetricRegistry, registry))
  health.addDependencies([["queue", { kind: "redis", embedded: false, address: "a:1", check, outage }]])
  await run(health.exportDependencies)
  const figures = async () => {
    const text = await run(health.metrics)
    const value = (name: string): number =>
      Number(new RegExp(`^spoor_dependency_${name}{dependency="queue"} (\\d+)$`, "m").exec(text)?.[1])
    return [value("up"), value("outages_total"), value("failures_total")]
  }
  expect(await figures()).toEqual([1, 0, 0])
  const push = outage.operation()
  for (let i = 0; i < 3; i++) push.failed("OOM")
  expect(await figures()).toEqual([0, 1, 3])
  push.worked()
  pass(3)
  expect(await figures()).toEqual([1, 1, 3])
  push.failed("OOM")
  push.worked()
  pass(3)
  expect(await figures()).toEqual([1, 2, 4])

  const down = makeHealth()
  isUp = false
  down.addDependencies([["log", { kind: "kafka", embedded: false, address: "b:1", check }]])
  await run(down.exportDependencies)
  expect(await run(down.metrics)).toContain('spoor_dependency_up{dependency="log"} 0')
})
