/**
 * Promise: a crash stays in its actor. An actor that crashes is restarted with growing pauses while its neighbours go on;
 * ten restarts without a healthy minute end the process with a sentence and a code; a crash on one message ends nothing;
 * and a process whose actor keeps crashing still drains in time. Restarts and their cause are visible everywhere.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Clock, Context, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import type { SystemView } from "../../actors/inspect/pipeline/system-view.ts"
import { make } from "../../actors/runtime/actor.ts"
import { makeHealth } from "../../actors/runtime/health.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { discover } from "../../bridge/message-bus/micro-service.ts"
import { makeNats } from "../../bridge/message-bus/nats/bus.ts"
import type { ActorFigures } from "../../contracts/actor-stats.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import { launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const file = "test/promises/supervised-actors.ts"
const running: Array<Spoor> = []
afterAll(() => Promise.all(running.map((one) => one.end("SIGKILL"))))

const begin = async (more: Readonly<Record<string, string>>): Promise<Spoor> => {
  const one = await startSpoor([], ownSettings(more), "bun", file)
  running.push(one)
  return one
}

/** The value of a metric of an actor; 0 when it is not exported. */
const metric = async (spoor: Spoor, name: string, actor: string, more = ""): Promise<number> => {
  const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
  const line = new RegExp(`^${name}\\{(?=.*actor="${actor}")(?=.*${more}).*\\} (\\d+)`, "m")
  return Number(line.exec(text)?.[1] ?? 0)
}
const handled = (spoor: Spoor, actor: string, outcome: string): Promise<number> =>
  metric(spoor, "spoor_actor_events_total", actor, `outcome="${outcome}"`)

describe("an actor whose inbox keeps ending", () => {
  test("is restarted with growing pauses, and its neighbour goes on", async () => {
    const spoor = await begin({ FRAGILE: "inbox" })
    let before = 0
    for (const restarts of [1, 3, 5]) {
      await eventually(
        `${restarts} restarts`,
        async () => (await metric(spoor, "spoor_actor_restarts_total", "fragile")) >= restarts
      )
      const now = before
      await eventually("the neighbour goes on", async () => {
        before = await handled(spoor, "steady", "succeeded")
        return before > now
      })
    }
    expect(await metric(spoor, "spoor_actor_restarts_total", "steady")).toBe(0)
    expect(
      await metric(spoor, "spoor_actor_last_crash_timestamp_seconds", "fragile", 'cause="unavailable"')
    ).toBeGreaterThan(0)
    expect(spoor.output()).toContain("the actor crashed and is restarted")
    expect(await spoor.end()).toBe(0)
  }, 60_000)

  test("the pauses grow, to at most 2 s", async () => {
    const startedAt: Array<number> = []
    const dying = {
      describes: "nothing",
      settings: [],
      open: () => Effect.succeed(Effect.die(new Error("boom")))
    }
    const actor = make(
      "dying",
      { summary: "A test.", sends: "nothing", requires: [] as const, receives: dying },
      Effect.gen(function* () {
        startedAt.push(yield* Clock.currentTimeMillis)
        return () => Effect.void
      })
    )
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          yield* start(actor, Context.empty(), makeHealth(), () => {})
          for (let i = 0; i < 2_000; i++) yield* TestClock.adjust("10 millis")
        })
      ).pipe(Effect.provide(TestClock.layer()))
    )
    const pauses = startedAt.slice(1).map((at, i) => at - (startedAt[i] ?? 0))
    expect(pauses).toHaveLength(10)
    // Each is jittered between half and the whole of 100 ms, 200 ms, 400 ms …, 2 s.
    pauses.forEach((pause, i) => {
      const whole = Math.min(2_000, 100 * 2 ** i)
      expect([i, pause >= whole / 2 && pause <= whole + 10]).toEqual([i, true])
    })
  })

  test("ends the process after ten restarts, with a sentence and code 1", async () => {
    const { output, ended } = launch([], ownSettings({ FRAGILE: "inbox" }), "bun", file)
    expect(await ended).toBe(1)
    expect(output()).toContain(
      "spoor: The actor fragile crashed 11 times without a healthy minute in between and is given up, so this process ends: The source of messages ended."
    )
  }, 90_000)

  test("does not delay the drain: SIGTERM ends the process with 0 while it waits for its restart", async () => {
    const spoor = await begin({ FRAGILE: "inbox", DRAIN_TIMEOUT: "5 seconds" })
    await eventually(
      "it is in a long pause",
      async () => (await metric(spoor, "spoor_actor_restarts_total", "fragile")) >= 5
    )
    expect(await spoor.end()).toBe(0)
    expect(spoor.output()).toContain("SIGTERM: draining")
  }, 60_000)
})

describe("an actor that crashes on messages", () => {
  test("is not restarted, and takes the next message", async () => {
    const spoor = await begin({ FRAGILE: "message" })
    await eventually(
      "many messages have failed",
      async () => (await handled(spoor, "fragile", "failed")) > 20
    )
    expect(await metric(spoor, "spoor_actor_restarts_total", "fragile")).toBe(0)
    expect(await (await fetch(spoor.address("health"))).json()).toMatchObject({
      actors: { fragile: "up", steady: "up" }
    })
    expect(await spoor.end()).toBe(0)
  }, 60_000)
})

describe.skipIf(!canStartNats)("restarts and given-up actors can be seen", () => {
  let nats: NatsServer
  let viewer: Spoor

  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
    viewer = await startSpoor(["viewer"], ownSettings({ NATS_URL: nats.url, VIEWER_HOST: "127.0.0.1" }))
    running.push(viewer)
  }, 60_000)
  afterAll(async () => {
    await viewer?.end("SIGKILL")
    await nats?.remove()
  })

  const system = async (): Promise<SystemView> => {
    const url = new URL("/api/system", viewer.address("watch them"))
    return (await (await fetch(url)).json()) as SystemView
  }

  test("in $SRV.STATS, on the overview while it restarts, and after it was given up, with the cause", async () => {
    const { ended } = launch([], ownSettings({ FRAGILE: "inbox", NATS_URL: nats.url }), "bun", file)
    const cause = "The source of messages ended."
    await eventually("the overview shows restarts", async () => {
      const { instances } = await system()
      const fragile = instances.find(({ name }) => name === "fragile")
      return (fragile?.restarts ?? 0) >= 2 && fragile?.crash?.includes(cause)
    })
    const figures = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(
          makeNats({ url: Redacted.make(nats.url), creds: undefined, inboxPrefix: "_INBOX.test" }),
          (bus) => discover(bus, "stats", 1_000)
        )
      )
    )
    const data = figures.find(({ name }) => name === "fragile")?.endpoints[0]?.data as
      | ActorFigures
      | undefined
    expect(data?.restarts).toBeGreaterThan(0)
    expect(data?.lastCrash).toMatchObject({ cause })
    await eventually(
      "the overview says that it was given up",
      async () => {
        const { instances } = await system()
        return instances.some(
          ({ name, crash }) => name === "fragile" && crash?.startsWith("given up after 10")
        )
      },
      60_000
    )
    expect(await ended).toBe(1)
    const top = launch(
      ["--once"],
      ownSettings({ VIEWER_URL: viewer.address("watch them").origin }),
      "bun",
      "actors/commands/top.ts"
    )
    await top.ended
    expect(top.output()).toContain(`given up after 10 restarts, its process ends: ${cause}`)
  }, 120_000)
})
