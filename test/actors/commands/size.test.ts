/** `bun run size`: the model, the output for people, programs and Helm, and its errors. */
import { describe, expect, test } from "bun:test"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { costs } from "../../../actors/commands/size/costs.ts"
import { type Demand, sizeFor } from "../../../actors/commands/size/model.ts"
import { bytesText, timeText } from "../../../actors/commands/size/text.ts"
import { costsFile, planningText } from "../../bench/planning.ts"
import { readResults } from "../../bench/result.ts"
import { hasHelm, renderAll } from "../../support/helm.ts"

const file = join(import.meta.dirname, "..", "..", "..", "actors", "commands", "size.ts")
const size = (...args: ReadonlyArray<string>): string =>
  execFileSync(process.execPath, [file, ...args], { encoding: "utf8" })

const demand: Demand = { perSecond: 20_000, retention: 21_600, outage: 3_600, bytes: 300, replication: 3 }
const of = (more: Partial<Demand> = {}) => sizeFor(costs, { ...demand, ...more })
const podsOf = (name: string, more: Partial<Demand> = {}): number =>
  of(more).actors.find(({ actor }) => actor === name)?.pods ?? 0

describe("the costs", () => {
  test("are those of the stored results (bun run bench --report)", () => {
    expect(readFileSync(costsFile, "utf8")).toBe(planningText(readResults()))
  })
})

describe("the model", () => {
  test("needs no less of anything for a higher rate", () => {
    const rates = [1, 100, 1_000, 5_000, 20_000, 100_000, 500_000]
    const sizes = rates.map((perSecond) => of({ perSecond }))
    for (const [i, one] of sizes.entries()) {
      const before = sizes[i - 1] ?? one
      for (const [place, { pods, cores }] of one.actors.entries()) {
        expect(pods).toBeGreaterThanOrEqual(before.actors[place]?.pods ?? 0)
        expect(cores).toBeGreaterThanOrEqual(before.actors[place]?.cores ?? 0)
      }
      expect(one.redis.maxmemory).toBeGreaterThanOrEqual(before.redis.maxmemory)
      expect(one.kafka.disk).toBeGreaterThanOrEqual(before.kafka.disk)
    }
  })

  test("leaves half of each core of the pipeline, and one gateway more than needed", () => {
    for (const perSecond of [1_000, 50_000, 400_000])
      for (const { actor, cores, pods } of of({ perSecond }).actors)
        if (actor !== "viewer") expect([actor, cores / pods < 0.6]).toEqual([actor, true])
    expect(podsOf("gateway", { perSecond: 1 })).toBe(2)
    expect(podsOf("gateway", { perSecond: costs.gateway.perSecond.value })).toBe(3)
  })

  test("keeps the lines of an outage in 60 % of maxmemory", () => {
    const { redis } = of()
    expect(redis.lines).toBe(72_000_000)
    expect(redis.waiting).toBeCloseTo(72_000_000 * (300 + costs.lineOverhead.value))
    expect(redis.maxmemory * 0.6).toBeCloseTo(redis.waiting)
    expect(of({ outage: 1 }).redis.maxmemory).toBe(1_000_000_000)
  })

  test("counts every replica, a segment more of each partition, and a fifth of free disk", () => {
    const { kafka } = of({ partitions: 10, retention: 604_800 })
    const kept = 20_000 * 604_800 * kafka.record
    expect(kafka.disk).toBeCloseTo(((kept + 10 * 1024 ** 3) * 3) / 0.8, -3)
    expect(of({ replication: 1 }).kafka.disk * 3).toBeCloseTo(of().kafka.disk, -3)
    expect(of({ bytes: 600 }).kafka.record).toBeCloseTo(2 * kafka.record)
  })

  test("says what a demand needs besides: partitions, QUEUE_MAX_LENGTH", () => {
    expect(of({ perSecond: 1_000_000, partitions: 1 }).warnings.join(" ")).toContain("only 1 can work")
    expect(of().warnings.join(" ")).toContain("set QUEUE_MAX_LENGTH")
    expect(of({ perSecond: 100 }).warnings).toEqual([])
    expect(podsOf("event-counter", { perSecond: 1_000_000, partitions: 1 })).toBe(1)
  })
})

test("texts have a unit that fits", () => {
  expect([bytesText(1), bytesText(1500), bytesText(39e9), bytesText(2.5e12)]).toEqual([
    "1.0 B",
    "1.5 kB",
    "39 GB",
    "2.5 TB"
  ])
  expect([timeText(30), timeText(90), timeText(3600), timeText(604_800)]).toEqual([
    "30 s",
    "1.5 min",
    "1 h",
    "7 days"
  ])
})

describe("the command", () => {
  test("prints a row for each actor, Redis and Kafka", () => {
    const text = size("--rate", "20000/s", "--retention", "6h")
    for (const { actor, pods } of of().actors) expect(text).toMatch(new RegExp(`^${actor} +${pods} `, "m"))
    expect(text).toContain("72,000,000 lines wait after 1 h")
    expect(text).toContain(`${of().kafka.partitions} partitions`)
  })

  test("prints the same as JSON", () => {
    const { actors, redis, kafka } = JSON.parse(size("--rate", "1200000/m", "--retention", "6h", "--json"))
    expect({ actors, redis, kafka }).toEqual({
      actors: of().actors,
      redis: of().redis,
      kafka: of().kafka
    } as never)
  })

  test("names what is wrong with a flag", () => {
    for (const [args, said] of [
      [["--rate", "fast"], '--rate cannot be "fast"; write a rate like 20000/s'],
      [["--rate", "1/s", "--retention", "0"], '--retention cannot be "0"; write a time like 6h or 7d'],
      [["--rate", "1/s", "--json", "--helm"], "--json and --helm exclude each other"]
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" })
      expect([status, stderr]).toEqual([64, expect.stringContaining(said)])
    }
  })

  test.skipIf(!hasHelm)("prints values that the Helm chart takes", async () => {
    const values = join(mkdtempSync(join(tmpdir(), "spoor-size-")), "values.yaml")
    writeFileSync(values, size("--rate", "20000/s", "--retention", "6h", "--helm"))
    const [rendering] = await renderAll([{ file: values }])
    expect(rendering?.error ?? null).toBe(null)
    const text = Object.values(rendering?.texts ?? {}).join("\n")
    expect(text).toContain('value: "72000000"')
    expect(text).toContain(`replicas: ${podsOf("gateway")}`)
  })
})
