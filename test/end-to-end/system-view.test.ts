/** The system view of GET /api/system and `top`: embedded in one process, and in several processes that fail one by one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { SystemView } from "../../actors/inspect/pipeline/system-view.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { freeze, unfreeze } from "../support/freeze.ts"
import { kafka } from "../support/kafka.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"
import { serverUrl } from "../support/server.ts"
import { type Environment, launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

/** Time limit of a response, milliseconds. The system view does not wait for unavailable systems. */
const responseTimeoutMs = 5_000

const systemOf = async (viewer: Spoor): Promise<SystemView> => {
  const answer = await fetch(new URL("/api/system", viewer.address("watch them")), {
    signal: AbortSignal.timeout(responseTimeoutMs)
  })
  expect(answer.status).toBe(200)
  return answer.json() as Promise<SystemView>
}

/** The first view for which `isExpected` is true. */
const systemWhen = (
  viewer: Spoor,
  what: string,
  isExpected: (view: SystemView) => boolean
): Promise<SystemView> => {
  let last: SystemView | undefined
  return eventually(what, async () => {
    last = await systemOf(viewer)
    return isExpected(last) ? last : undefined
  }).catch((cause) => {
    throw new Error(`${what}: last seen ${JSON.stringify(last, undefined, 1)}`, { cause })
  })
}

const sendEvent = async (gateway: Spoor): Promise<number> =>
  (await fetch(new URL("/t/watched?n=1", gateway.address("send events")))).status

const healthText = (view: SystemView, name: string): string => {
  const found = view.stages.find((one) => one.name === name)
  return found === undefined ? "" : `${found.condition}: ${found.sentence}`
}

const consumers = [
  "event-counter",
  "metadata-counter",
  "search-counter",
  "timing-stats",
  "viewer",
  "reactor",
  "deliverer"
]
const runTop = async (settings: Environment, ...args: ReadonlyArray<string>) => {
  const { output, ended } = launch(args, settings, "bun", "actors/commands/top.ts")
  return { code: await ended, out: output() }
}

/** Runs `top` until its output matches, then ends it as Ctrl-C does. */
const topUntil = async (settings: Environment, pattern: RegExp) => {
  const { child, output, ended } = launch([], settings, "bun", "actors/commands/top.ts")
  await eventually("the output of top matches", () => pattern.test(output()))
  child.kill("SIGINT")
  return { code: await ended, out: output() }
}

for (const runtime of ["bun", "deno"] as const) {
  describe.skipIf(runtime === "deno" && denoProgram() === undefined)(`embedded, on ${runtime}`, () => {
    let spoor: Spoor
    beforeAll(async () => {
      spoor = await startSpoor(["--all"], ownSettings(), runtime)
    })
    afterAll(() => spoor.end("SIGKILL"))

    test("all stages are listed as idle, then as flowing", async () => {
      const idle = await systemWhen(spoor, "the dependencies were checked", ({ seams }) => seams.length === 6)
      expect(idle.stages.map(({ name }) => name)).toEqual([
        "gateway",
        "queue",
        "drainer",
        "enricher",
        "bridge",
        "log",
        ...consumers
      ])
      expect(idle).toMatchObject({ condition: "idle", sentence: "There is nothing to do.", troubles: [] })
      expect(idle.seams).toMatchObject([
        { name: "queue", kind: "SQLite file", embedded: true, ok: true },
        { name: "bus", kind: "in process", embedded: true, ok: true },
        { name: "log", kind: "SQLite file", embedded: true, ok: true },
        { name: "projections", kind: "SQLite file", embedded: true, ok: true },
        { name: "reactions", kind: "SQLite file", embedded: true, ok: true },
        { name: "device mappings", kind: "SQLite file", embedded: true, ok: true }
      ])
      expect(await sendEvent(spoor)).toBe(200)
      const flowing = await systemWhen(spoor, "all stages have the event", ({ stages }) =>
        stages.every(
          ({ name, events, condition }) => name === "deliverer" || (events === 1 && condition === "flows")
        )
      )
      expect(flowing).toMatchObject({ condition: "flows", sentence: "Everything is flowing." })
      const { capacity, lag, behind } = flowing.instances.find(({ name }) => name === "timing-stats") ?? {}
      expect({ capacity, behind, hasLag: lag !== undefined }).toEqual({
        capacity: 20,
        behind: 0,
        hasLag: true
      })
    })

    test("top polls the viewer until a signal", async () => {
      const { code, out } = await topUntil(
        { VIEWER_URL: spoor.address("watch them").href },
        /^Spoor [\s\S]*^Spoor /m
      )
      expect(code).toBe(0)
      expect(out).toMatch(/^stage +state +run +a second/m)
      expect(out).toMatch(/^queue .* 0 waiting; 0 in flight/m)
      expect(out).toMatch(/^projections +SQLite file .* embedded$/m)
      expect(out).not.toMatch(/(?!\n)\p{Cc}/u)
    })
  })
}

test("top without a viewer prints how to reach one", async () => {
  const { code, out } = await runTop({ VIEWER_URL: "http://127.0.0.1:1" }, "--once")
  expect(code).toBe(1)
  expect(out).toContain("no viewer answers at http://127.0.0.1:1: start one, or set VIEWER_URL, or NATS_URL")
})

describe.skipIf(!canStartNats || !hasRedisProgram())("as processes on Redis and NATS", () => {
  let nats: NatsServer
  let redis: RedisServer
  let settings: Environment
  let running: Record<string, Spoor> = {}
  const start = async (name: string): Promise<Spoor> => {
    const spoor = await startSpoor([name], settings)
    running = { ...running, [name]: spoor }
    return spoor
  }
  const the = (name: string): Spoor => {
    const spoor = running[name]
    if (spoor === undefined) throw new Error(`The actor ${name} was not started.`)
    return spoor
  }

  beforeAll(async () => {
    nats = await privateNats()
    redis = await privateRedis()
    await nats.start()
    await redis.start()
    settings = ownSettings({ NATS_URL: nats.url, REDIS_URL: redis.url })
    for (const name of ["bridge", "enricher", "drainer", "gateway", "event-counter", "viewer"])
      await start(name)
  })
  afterAll(async () => {
    await Promise.all(Object.values(running).map((spoor) => spoor.end("SIGKILL")))
    await nats.remove()
    await redis.remove()
  })

  test("each process is an instance, and an event passes all", async () => {
    await systemWhen(the("viewer"), "all instances are listed", ({ instances }) => instances.length === 6)
    expect(await sendEvent(the("gateway"))).toBe(200)
    const view = await systemWhen(the("viewer"), "the event has passed all stages", ({ stages }) =>
      stages.every(({ events, condition }) => events === 1 && condition === "flows")
    )
    expect(new Set(view.instances.map(({ pid }) => pid)).size).toBe(6)
    expect(view.seams.map(({ name, kind, ok }) => [name, kind, ok])).toEqual([
      ["queue", "Redis", true],
      ["bus", "NATS", true],
      ["log", "SQLite file", true],
      ["projections", "Redis", true],
      ["reactions", "Redis", true],
      ["device mappings", "Redis", true]
    ])
  })

  test("top asks NATS and Redis directly, and reports a missing setting", async () => {
    const good = await runTop(settings, "--once", "--json")
    expect(good.code).toBe(0)
    const view: SystemView = JSON.parse(good.out.trim().split("\n").at(-1) ?? "")
    expect(view.instances).toHaveLength(6)
    expect(view.stages.find(({ name }) => name === "queue")?.events).toBe(1)
    const said = /^The queue is not checked: set REDIS_URL to include it\.$/m
    expect((await topUntil({ ...settings, REDIS_URL: "" }, said)).code).toBe(0)
  })

  test("without an enricher, the enricher is down, and the stages before it are stalled", async () => {
    await the("enricher").end("SIGKILL")
    expect(await sendEvent(the("gateway"))).toBe(200)
    const view = await systemWhen(
      the("viewer"),
      "the outage is shown",
      (now) =>
        healthText(now, "enricher").startsWith("down") && healthText(now, "queue").startsWith("stands still")
    )
    expect(healthText(view, "enricher")).toMatch(
      /^down: No enricher runs\. The last one answered \d+ s ago\.$/
    )
    expect(healthText(view, "queue")).toMatch(
      /^stands still: 1 line is in flight and none was settled for \d+ s\.$/
    )
    expect(healthText(view, "drainer")).toStartWith("stands still: ")
    expect(view).toMatchObject({ condition: "down" })
    expect(view.sentence).toStartWith("The enricher is down: No enricher runs.")
    expect((await runTop(settings, "--once")).code).toBe(1)
    await start("enricher")
    await systemWhen(the("viewer"), "all stages have recovered", (now) =>
      ["enricher", "queue", "drainer"].every((name) => /^(flows|idle): /.test(healthText(now, name)))
    )
  }, 60_000)

  test("a hanging Redis is reported as down, and the response does not wait for it", async () => {
    redis.pause()
    const view = await systemWhen(
      the("viewer"),
      "the outage is shown",
      (now) =>
        healthText(now, "queue").startsWith("down") &&
        now.seams.some(({ name, ok }) => name === "queue" && !ok)
    )
    expect(view.troubles).toContainEqual(expect.stringContaining("The queue cannot be checked"))
    expect(view.stages.find(({ name }) => name === "queue")?.events).toBeNull()
    redis.resume()
    await systemWhen(the("viewer"), "the queue has recovered", (now) =>
      /^(flows|idle): /.test(healthText(now, "queue"))
    )
  }, 60_000)

  test("without NATS the actors cannot be checked, and NATS is reported as the cause", async () => {
    await nats.kill()
    const view = await systemWhen(the("viewer"), "the outage is shown", (now) =>
      healthText(now, "enricher").startsWith("stands still: It cannot be checked: ")
    )
    expect(view.seams).toContainEqual(expect.objectContaining({ name: "bus", kind: "NATS", ok: false }))
    await systemWhen(the("viewer"), "the bus is reported as the cause", ({ sentence }) =>
      /^The bus cannot be reached: .*Affected: .*enricher/.test(sentence)
    )
    await nats.start()
    await systemWhen(
      the("viewer"),
      "all instances are listed again",
      ({ troubles, instances }) => troubles.length === 0 && instances.length === 6
    )
  }, 60_000)
})

const broker = canStartNats ? await serverUrl(kafka) : undefined

describe.skipIf(broker === undefined)("on Kafka", () => {
  test("consumers are at the end of the log, and a frozen one falls behind", async () => {
    const nats = await privateNats()
    await nats.start()
    const topic = `watched-${crypto.randomUUID().slice(0, 8)}`
    const settings = ownSettings({ NATS_URL: nats.url, KAFKA_BROKERS: broker ?? "", KAFKA_TOPIC: topic })
    const flow = await startSpoor(["gateway", "drainer", "enricher", "bridge", "viewer"], settings)
    const counter = await startSpoor(["event-counter"], settings)
    try {
      for (let n = 0; n < 20; n++) expect(await sendEvent(flow)).toBe(200)
      const level = await systemWhen(flow, "all consumers have the events", ({ stages }) =>
        ["event-counter", "viewer"].every((name) =>
          stages.some((one) => one.name === name && one.events === 20 && one.behind === 0)
        )
      )
      expect(level.seams).toContainEqual(expect.objectContaining({ name: "log", kind: "Kafka", ok: true }))
      freeze(counter.process.pid ?? 0)
      for (let n = 0; n < 5; n++) expect(await sendEvent(flow)).toBe(200)
      const late = await systemWhen(
        flow,
        "the counter is behind",
        (now) => now.stages.find(({ name }) => name === "event-counter")?.behind === 5
      )
      expect(late.stages.find(({ name }) => name === "viewer")?.behind).toBe(0)
      const down = await systemWhen(flow, "the counter is down", (now) =>
        healthText(now, "event-counter").startsWith("down")
      )
      expect(healthText(down, "event-counter")).toMatch(
        /^down: No event-counter runs\. The last one answered/
      )
      unfreeze(counter.process.pid ?? 0)
      await systemWhen(flow, "the counter has caught up", ({ stages }) =>
        stages.some(({ name, events, behind }) => name === "event-counter" && events === 25 && behind === 0)
      )
    } finally {
      await Promise.all([flow.end("SIGKILL"), counter.end("SIGKILL")])
      await nats.remove()
    }
  }, 90_000)
})
