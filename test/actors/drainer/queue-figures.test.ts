/**
 * The figures of a queue with three drainers as processes, on Redis and embedded: one of them exports what `bun run ledger`
 * says, another takes over when it is killed, and everything is 0 when the work is done. No enricher runs at first.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import type { Ledger } from "../../../actors/inspect/ledger/types.ts"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import type { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { eventually } from "../../support/eventually.ts"
import { canStartNats, privateNats } from "../../support/nats.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../support/redis.ts"
import { type Environment, launch, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

const running: Array<Spoor> = []
const cleanUps: Array<() => Promise<unknown>> = []
afterAll(async () => {
  for (const spoor of running) await spoor.end("SIGKILL")
  for (const cleanUp of cleanUps) await cleanUp()
})

const startOne = async (names: ReadonlyArray<string>, settings: Environment): Promise<Spoor> => {
  const spoor = await startSpoor(names, settings)
  running.push(spoor)
  return spoor
}

type Figures = ReadonlyMap<string, number>

/** All series of one process, by name with labels, without the label `queue`. */
const figuresOf = async (spoor: Spoor): Promise<Figures> => {
  const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
  return new Map(
    text
      .split("\n")
      .filter((line) => /^spoor_(queue|ledger|dead)/.test(line))
      .map((line) => {
        const [, name = "", value] = /^(.*) (\S+)$/.exec(line.replace(/queue="[^"]*",?/, "")) ?? []
        return [name.replace("{}", ""), Number(value)]
      })
  )
}

const sumOf = (all: ReadonlyArray<Figures>): Figures => {
  const sum = new Map<string, number>()
  for (const figures of all) for (const [name, value] of figures) sum.set(name, (sum.get(name) ?? 0) + value)
  return sum
}

/** What `bun run ledger --json` says. */
const ledgerOf = async (settings: Environment): Promise<Ledger> => {
  const { output, ended } = launch(["--json"], settings, "bun", "actors/commands/ledger.ts")
  await ended
  return JSON.parse(
    output()
      .split("\n")
      .find((line) => line.startsWith("{")) ?? "{}"
  ) as Ledger
}

/** The series that must be equal to the ledger. */
const expectedOf = ({ topics, queues }: Ledger): Figures => {
  const [queue] = queues
  const states = {
    received: "received",
    stored: "stored",
    dead: "dead_lettered",
    discarded: "discarded",
    replayed: "replayed",
    waiting: "waiting",
    inFlight: "in_flight"
  } as const
  const lines = topics.flatMap((row) =>
    Object.entries(states).map(([total, state]): [string, number] => [
      `spoor_ledger_lines{topic="${row.topic}",state="${state}"}`,
      row[total as keyof typeof states]
    ])
  )
  return new Map([
    ...lines,
    ["spoor_queue_waiting_lines", queue?.account?.waiting ?? Number.NaN],
    ["spoor_queue_in_flight_lines", queue?.account?.inFlight ?? Number.NaN],
    ["spoor_queue_dead_letters", queue?.deadLetters ?? Number.NaN],
    ["spoor_queue_waiting_bytes", queue?.content?.waitingBytes ?? Number.NaN],
    ["spoor_queue_in_flight_batches", queue?.content?.inFlightBatches ?? Number.NaN],
    ["spoor_queue_figures_held", 1]
  ])
}

const expectedIn = (expected: Figures, sum: Figures): object =>
  Object.fromEntries([...expected.keys()].map((name) => [name, sum.get(name)]))

interface Place {
  readonly settings: Environment
  readonly push: (lines: ReadonlyArray<string>) => Promise<void>
  readonly hasMemory: boolean
}

const pushTo =
  (queue: Effect.Effect<IngestQueue["Service"], unknown, Scope.Scope>): Place["push"] =>
  (lines) =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(queue, ({ push }) => push(lines as ReadonlyArray<ByteString>)))
    )

/** Each suite has its own bus: no drainer reaches the enricher of another. */
const ownBus = async (): Promise<string> => {
  const server = await privateNats()
  await server.start()
  cleanUps.push(() => server.remove())
  return server.url
}

const onRedis = async (): Promise<Place> => {
  const server = await startRedis(["--maxmemory", "200mb", "--maxmemory-policy", "noeviction"])
  if (server === undefined) throw new Error("redis-server did not start")
  cleanUps.push(() => server.stop())
  return {
    settings: ownSettings({ NATS_URL: await ownBus(), REDIS_URL: server.url }),
    push: pushTo(
      redisQueue({
        urls: [secretUrl(server.url)],
        queueKey: "click_queue",
        deadLetterKey: "click_invalid"
      })
    ),
    hasMemory: true
  }
}

const inFile = async (): Promise<Place> => {
  const settings = ownSettings({ NATS_URL: await ownBus() })
  return { settings, push: pushTo(sqliteQueue(settings.DATA_DIR ?? "")), hasMemory: false }
}

const withinMs = 15_000

/** The story of one queue, step by step; the drainers are processes. */
const story = async (open: () => Promise<Place>): Promise<void> => {
  const place = await open()
  await place.push(["nonsense", "more nonsense"])
  let drainers = await Promise.all([1, 2, 3].map(() => startOne(["drainer"], place.settings)))
  const figures = (): Promise<ReadonlyArray<Figures>> => Promise.all(drainers.map(figuresOf))

  /**
   * Waits until the sum over all drainers is what the ledger says, and one of them holds the lease. The ledger is a process
   * each time, so it is asked when the sum has that many lines in that state.
   */
  const agrees = (what: string, state: string, lines: number): Promise<Figures> =>
    eventually(
      what,
      async () => {
        const before = sumOf(await figures())
        if (before.get(`spoor_ledger_lines{topic="events",state="${state}"}`) !== lines) return false
        const expected = expectedOf(await ledgerOf(place.settings))
        const sum = sumOf(await figures())
        expect(expectedIn(expected, sum)).toEqual(Object.fromEntries(expected))
        return sum
      },
      withinMs,
      250
    )

  await eventually("nonsense is dead-lettered, and counted by who did it", async () => {
    const dead = [...sumOf(await figures())].filter(
      ([name, value]) => name.startsWith("spoor_dead_letters_total") && value > 0
    )
    expect(dead).toEqual([
      ['spoor_dead_letters_total{topic="events",stage="drainer",reason="too few fields"}', 2]
    ])
    return true
  })

  const line = `203.0.113.9 ${Date.now()} shop.example pod /t/buy e curl/8`
  await place.push(Array.from({ length: 50 }, () => line))
  const sum = await agrees("within 15 s they say what the ledger says", "received", 52)
  const count = (name: string): number => sum.get(name) ?? Number.NaN
  expect(count("spoor_queue_waiting_lines") + count("spoor_queue_in_flight_lines")).toBe(50)
  expect(count('spoor_ledger_lines{topic="events",state="received"}')).toBe(52)
  expect(count('spoor_ledger_lines{topic="events",state="dead_lettered"}')).toBe(2)
  if (place.hasMemory) {
    expect(count("spoor_queue_memory_max_bytes")).toBe(200 * 1024 * 1024)
    expect(count("spoor_queue_memory_used_bytes")).toBeGreaterThan(500_000)
  }

  const all = await figures()
  const idle = all.filter((one) => one.get("spoor_queue_figures_held") === 0)
  expect(idle).toHaveLength(2)
  for (const one of idle)
    for (const [name, value] of one) if (!name.includes("_total")) expect([name, value]).toEqual([name, 0])

  const holder = drainers[all.findIndex((one) => one.get("spoor_queue_figures_held") === 1)]
  await holder?.end("SIGKILL")
  drainers = drainers.filter((one) => one !== holder)
  const working = startOne(["enricher", "bridge"], place.settings)
  await eventually(
    "another drainer holds the lease within 15 s, and never two do",
    async () => {
      const held = sumOf(await figures()).get("spoor_queue_figures_held")
      expect([0, 1]).toContain(held ?? Number.NaN)
      return held === 1
    },
    withinMs,
    250
  )

  await working
  await eventually(
    "everything falls to 0 but the totals",
    async () => {
      const totals = /_total|state="(received|stored|dead_lettered)"|_held|_memory|_dead_letters/
      const open = [...sumOf(await figures())].filter(([name, value]) => value !== 0 && !totals.test(name))
      expect(open).toEqual([])
      return true
    },
    40_000,
    250
  )
  const end = await agrees("the sum is what the ledger says in the end", "stored", 50)
  expect(end.get('spoor_ledger_lines{topic="events",state="stored"}')).toBe(50)
}

describe("three drainers export the figures of a queue once", () => {
  test.concurrent.skipIf(!canStartNats || !hasRedisProgram())("on Redis", () => story(onRedis), 180_000)
  test.concurrent.skipIf(!canStartNats)("in a file", () => story(inFile), 180_000)
})
