/** The oracle detects each broken promise: each is caused once by hand, in a world without other failures. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { execFileSync } from "node:child_process"
import { eventId, newBatchId } from "../../contracts/ids.ts"

import { eventually } from "../support/eventually.ts"
import { readTopic } from "../support/kcat.ts"
import { canRunFaults } from "./can-run.ts"
import { lineOf, sentEvent } from "./events.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { ledgerProblems } from "./ledger.ts"
import { judge } from "./oracle.ts"
import { makeWorld, type World } from "./world.ts"

const canRun = canRunFaults()

describe.skipIf(!canRun)("the oracle", () => {
  const pool = kafkaPool()
  let world: World
  const problems = async (): Promise<string> => {
    const { problems } = await judge(world, {}, 0)
    return problems.join("\n")
  }
  /** Writes a record as Spoor would. */
  const produce = (value: string, id: string): void => {
    execFileSync("kcat", ["-b", world.brokers, "-t", world.topic, "-P", "-H", `id=${id}`], { input: value })
  }

  beforeAll(async () => {
    world = await makeWorld({ requires: {}, pool, moments: 1, rate: 500, events: 300, isShort: true })
    world.load.start()
    await eventually("some are acknowledged", () => world.load.sent.count("acknowledged") > 300)
    await world.load.stop()
    await world.queue.drained(20_000)
    await eventually("all is right", async () => (await problems()) === "")
  }, 60_000)
  afterAll(async () => {
    await world?.end()
    await pool.end()
  })

  test("reports nothing without a broken promise, and neither does the ledger", async () => {
    const account = await judge(world, { duplicates: 0 }, 0)
    expect(account).toMatchObject({ lost: [], duplicates: 0, dead: 0, problems: [] })
    expect(account.stored).toBe(account.acknowledged)
    expect(await ledgerProblems(world, account)).toEqual([])
    expect(await ledgerProblems(world, { ...account, eventIds: account.eventIds + 1 })).not.toEqual([])
  })

  test("detects an acknowledged event that is lost", async () => {
    const { sent } = world.load
    const n = sent.issue()
    sent.settle(n, "acknowledged")
    expect(await problems()).toBe(`1 events were acknowledged and are lost: ${n}`)
    sent.settle(n, "unknown")
    expect(await problems()).toBe("")
  })

  test("detects a dead letter that is not allowed, and one that was never sent", async () => {
    const { sent } = world.load
    const n = sent.issue()
    const letter = (line: Buffer): string =>
      JSON.stringify({ v: 1, reason: "crashed", line: line.toString("base64") })
    await world.queue.redis.rpush(world.deadLetterKey, letter(lineOf(sentEvent(n), world.otherTopic)))
    expect(await problems()).toContain('1 dead letters with the reason "crashed"')
    await world.queue.redis.rpush(world.deadLetterKey, letter(Buffer.from("what is this?")))
    expect(await problems()).toContain("nobody sent the line of the dead letter")
    await world.queue.redis.del(world.deadLetterKey)
    expect(await problems()).toBe("")
  })

  test("detects a missing dead letter, and leftovers in Redis", async () => {
    const { sent } = world.load
    const n = sent.issue()
    sent.extra.set(n, { line: Buffer.from("no line"), dead: "no path" })
    sent.settle(n, "acknowledged")
    expect(await problems()).toContain(`event ${n} has no dead letter though it had to die of "no path"`)
    sent.extra.delete(n)
    sent.settle(n, "refused")
    await world.queue.redis.hset(`{${world.queueKey}}:attempts`, "left", "0 ")
    expect(await problems()).toContain("Redis is not empty")
    await world.queue.redis.hdel(`{${world.queueKey}}:attempts`, "left")
    expect(await problems()).toBe("")
  })

  test("detects an event that is counted twice", async () => {
    const { type } = sentEvent(1)
    const key = "{spoor:event-counter}:table:by-type"
    await world.queue.redis.zincrby(key, 1, type)
    expect(await problems()).toContain("rows of by-type do not count each event once")
    await world.queue.redis.zincrby(key, -1, type)
    expect(await problems()).toBe("")
  })

  test("detects unexpected responses and response times, and unexpected ends of processes", async () => {
    const { answers } = world.load
    expect((await judge(world, { answersWithin: 0 }, 0)).problems.join()).toContain("a client waited")
    process.kill(world.actor("enricher").pid() ?? 0, "SIGKILL")
    await eventually("its death is noticed", () => world.actor("enricher").deaths.length === 1)
    expect(await problems()).toContain("1 processes ended by themselves: enricher ended with SIGKILL")
    expect((await judge(world, { mayDie: ["enricher"] }, 0)).problems).toEqual([])
    expect([...answers.keys()]).toEqual(["200"])
  })

  // The last test, since records cannot be removed from Kafka.
  test("counts a copy as a duplicate, and detects changed, invented and twin records", async () => {
    const records = await readTopic(world.brokers, world.topic)
    const copied = records[0]
    const text = copied?.value.toString("latin1") ?? ""
    const before = await judge(world, {}, 0)
    produce(text, copied?.headers.id ?? "")
    expect((await judge(world, {}, 0)).duplicates).toBe(before.duplicates + 1)
    expect((await judge(world, { duplicates: 0 }, 0)).problems.join()).toContain("1 duplicates in Kafka")

    produce(text.replace(/ (?=id=)/, " id=999999&"), eventId(newBatchId(), 0))
    expect(await problems()).toContain("1 records were never sent")
    produce(`${text}x`, copied?.headers.id ?? "")
    expect(await problems()).toContain("1 records are not what was sent")
    produce(text, eventId(newBatchId(), 0))
    expect(await problems()).toContain("1 events are stored under two event ids")
  })
})
