/** Commands with unreachable queues: the first line and the exit code say that figures are unknown. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { ledgerText } from "../../../actors/commands/ledger/text.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../../support/redis.ts"
import { ownSettings } from "../../support/spoor.ts"
import { command } from "./command.ts"

const away = "redis://127.0.0.1:1"
const id = `${"0".repeat(31)}1-0`
const firstLine = (text: string): string => text.split("\n")[0] ?? ""

describe("without a reachable Redis", () => {
  const settings = ownSettings({ REDIS_URL: away })
  const run = async (name: "ledger" | "dead-letters", ...args: ReadonlyArray<string>) => {
    const { code, out, err } = await command(settings, name, args)
    expect({ args, code }).toEqual({ args, code: 1 })
    expect(err).toContain("127.0.0.1:1")
    return { out, err }
  }

  test("dead-letters list reports unknown, and no cursor", async () => {
    const { out, err } = await run("dead-letters", "list")
    expect(out).toBe("Unknown: no queue could be read.\n")
    expect(err).not.toContain("--cursor")
    expect((await run("dead-letters", "list", "--json")).out).toBe("")
  })

  test("no operation reports 0 dead letters, or that one does not exist", async () => {
    for (const args of [
      ["replay", "--all"],
      ["discard", "--all", "--yes"],
      ["discard", "--all"],
      ["replay", "--all", "--dry-run"],
      ["replay", id],
      ["discard", id],
      ["show", id]
    ]) {
      const { out, err } = await run("dead-letters", ...args)
      expect({ args, out }).toEqual({ args, out: "" })
      expect(err).not.toMatch(/0 (dead )?letters|no(t a)? dead letter/)
    }
    const { out } = await run("dead-letters", "replay", "--all", "--json")
    expect(JSON.parse(out)).toEqual({ replayed: null, gone: null, tooOften: [] })
  }, 60_000)

  test("the ledger reports unknown in its first line, and no figures", async () => {
    const { code, out } = await command(settings, "ledger", [])
    expect(code).toBe(1)
    expect(firstLine(out)).toBe("Unknown: no queue could be read.")
    expect(out).toContain("127.0.0.1:1")
    expect(out).not.toMatch(/received|balances/)
    const json = JSON.parse((await command(settings, "ledger", ["--json"])).out)
    expect(json).toMatchObject({ total: null, unread: null, fromOthers: null, balanced: null, topics: [] })
  })

  test("the location of an event is unknown too", async () => {
    const { code, out } = await command(settings, "ledger", ["where", id])
    expect(code).toBe(1)
    expect(firstLine(out)).toContain("some places could not be searched")
  })
})

describe.skipIf(!hasRedisProgram())("with one of two Redis reachable", () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await privateRedis()
    await redis.start()
  })
  afterAll(() => redis.remove())

  test("figures are those of the reachable one, and marked as incomplete", async () => {
    const settings = ownSettings({ REDIS_URL: `${redis.url},${away}` })
    const list = await command(settings, "dead-letters", ["list"])
    expect(list.code).toBe(1)
    expect(list.out).toBe("No dead letters on the queues that could be read; some could not be read.\n")
    const ledger = await command(settings, "ledger", [])
    expect(ledger.code).toBe(1)
    expect(firstLine(ledger.out)).toBe("Unknown for 1 of 2 queues, which could not be read. The others:")
    expect(ledger.out).toContain("received 0 = stored 0")
  })
})

test("the sentence of the ledger and its table have the same figures under the same names", () => {
  const account = { received: 4, stored: 2, dead: 1, discarded: 1, waiting: 0, inFlight: 0, replayed: 0 }
  const text = ledgerText({
    at: 0,
    since: 0,
    total: account,
    topics: [{ topic: "events" as never, ...account }],
    unread: { waiting: 0, inFlight: 0 },
    fromOthers: 0,
    queues: [],
    reactions: [],
    reactionsTotal: null,
    reactionsTrouble: undefined,
    warnings: [],
    balanced: true,
    complete: true
  })
  expect(firstLine(text)).toBe(
    "received 4 = stored 2 + dead-lettered 1 + discarded 1 + waiting 0 + in flight 0"
  )
  expect(text).toMatch(/^events +4 +2 +1 +1 +0 +0 +0$/m)
})
