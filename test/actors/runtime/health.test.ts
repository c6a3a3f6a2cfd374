/** A process is ready when every actor is up and each service has a system that answers. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { answerReady, makePublicReady } from "../../../actors/runtime/ops-server.ts"
import type { Dependency } from "../../../bridge/dependency.ts"
import { Failure } from "../../../contracts/failure.ts"

const dependency = (isUp: () => boolean): Dependency => ({
  kind: "redis",
  embedded: false,
  address: "host:6379",
  check: Effect.suspend(() =>
    isUp()
      ? Effect.void
      : Effect.fail(new Failure({ reason: "unavailable", message: "host:6379 does not answer" }))
  )
})

describe("health", () => {
  test("an actor that is not up makes the process not ready", async () => {
    const health = makeHealth()
    health.setActor("drainer", "starting")
    expect((await Effect.runPromise(health.report)).status).toBe("not ready")
    health.setActor("drainer", "up")
    expect(await Effect.runPromise(health.report)).toEqual({
      status: "ready",
      actors: { drainer: "up" },
      seams: []
    })
  })

  test("an unreachable system is named, with the age of its last success", async () => {
    let isUp = true
    const health = makeHealth()
    health.addDependencies([["queue", dependency(() => isUp)]])
    expect((await Effect.runPromise(health.report)).seams).toMatchObject([{ ok: true, lastSuccessAge: 0 }])
    isUp = false
    const report = await Effect.runPromise(health.report)
    expect(report.status).toBe("not ready")
    expect(report.seams).toMatchObject([
      { name: "queue", address: "host:6379", ok: false, error: "host:6379 does not answer" }
    ])
    expect(report.seams[0]?.lastSuccessAge).toBeGreaterThanOrEqual(0)
  })

  test("a system that answers but refuses part of the work makes the process degraded, which counts as ready", async () => {
    let refusals: ReadonlyArray<string> = ["The topic waits.", "The other one too."]
    const health = makeHealth()
    health.addDependencies([["log", { ...dependency(() => true), refusals: () => refusals }]])
    const report = await Effect.runPromise(health.report)
    expect(report).toMatchObject({ status: "degraded", seams: [{ ok: true, refusals }] })
    expect((await Effect.runPromise(health.lastFound())).refusals).toEqual({
      log: "The topic waits. The other one too."
    })
    const answer = await Effect.runPromise(answerReady(health))
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: "degraded" }])
    const open = await Effect.runPromise(Effect.flatten(makePublicReady(health)))
    expect([open.status, await open.json()]).toEqual([200, { status: "degraded" }])
    refusals = []
    expect((await Effect.runPromise(health.report)).status).toBe("ready")
    expect(await Effect.runPromise(health.lastFound())).not.toHaveProperty("refusals")
  })

  test("of several servers of one service, one that answers is enough", async () => {
    const health = makeHealth()
    health.addDependencies([
      ["queue 1", dependency(() => false)],
      ["queue 2", dependency(() => true)]
    ])
    const report = await Effect.runPromise(health.report)
    expect(report.status).toBe("ready")
    expect(report.seams.map(({ ok, lastSuccessAge }) => [ok, lastSuccessAge])).toEqual([
      [false, null],
      [true, 0]
    ])
  })

  test("the last result is returned at once, even for a system that hangs; then it is checked again", async () => {
    let checks = 0
    let isHanging = true
    const hanging: Dependency = {
      kind: "kafka",
      embedded: false,
      address: "host:9092",
      check: Effect.suspend(() => {
        checks += 1
        return isHanging ? Effect.never : Effect.void
      })
    }
    const health = makeHealth()
    health.addDependencies([["queue", dependency(() => true)]])
    health.addDependencies([["log", hanging]])
    const steps = Effect.gen(function* () {
      const systems = {
        queue: { kind: "redis", embedded: false, address: "host:6379" },
        log: { kind: "kafka", embedded: false, address: "host:9092" }
      }
      expect(yield* health.lastFound()).toEqual({ seams: {}, systems })
      yield* TestClock.adjust("100 millis")
      expect(yield* health.lastFound()).toEqual({ seams: { queue: "ok" }, systems })
      expect(checks).toBe(1)
      yield* TestClock.adjust("2 seconds")
      expect((yield* health.lastFound()).seams).toEqual({ queue: "ok", log: "host:9092 does not answer" })
      isHanging = false
      yield* TestClock.adjust("2 seconds")
      yield* health.lastFound()
      yield* TestClock.adjust("100 millis")
      expect(yield* health.lastFound(["log"])).toEqual({
        seams: { log: "ok" },
        systems: { log: systems.log }
      })
      const before = checks
      yield* TestClock.adjust("1 hour")
      expect(checks).toBe(before)
    })
    await Effect.runPromise(Effect.provide(steps, TestClock.layer()))
  })
})
