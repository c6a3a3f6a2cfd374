/**
 * `actor <names> --check`: every fault of the settings at once, and with `--connect` every server that the actors require,
 * under the permissions that deploy/ gives them and without them.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { canStartNats, type NatsServer, privateNats } from "../../support/nats.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../../support/redis.ts"
import { type Environment, launch, ownSettings } from "../../support/spoor.ts"

interface Checked {
  readonly code: number | null
  readonly output: string
  readonly findings: ReadonlyArray<{
    readonly about: string
    readonly level: string
    readonly message: string
  }>
}

const check = async (
  args: ReadonlyArray<string>,
  settings: Environment,
  runtime: "bun" | "deno" = "bun",
  file?: string
): Promise<Checked> => {
  const { output, ended } = launch(args, ownSettings(settings), runtime, file)
  const code = await ended
  const line =
    output()
      .split("\n")
      .find((one) => one.startsWith('{"code"')) ?? "{}"
  return { code, output: output(), findings: JSON.parse(line).findings ?? [] }
}

/** What a check finds on a server that is frozen, and how long it took, milliseconds; it runs beside the other tests. */
const checkFrozen = async (
  server: { readonly pause: () => void },
  args: ReadonlyArray<string>,
  settings: Environment
): Promise<Checked & { readonly tookMs: number }> => {
  server.pause()
  const began = performance.now()
  const checked = await check(args, settings)
  return { ...checked, tookMs: performance.now() - began }
}

const messages = ({ findings }: Checked, level: string): ReadonlyArray<string> =>
  findings.filter((one) => one.level === level).map(({ message }) => message)

describe("actor --check", () => {
  test("reports every fault of the settings at once, and misspelled names", async () => {
    const { code, output } = await check(["--all", "--check"], {
      GATEWAY_PORT: "abc",
      RATE_LIMIT_PER_ADRESS: "5/s",
      RATE_LIMIT_PER_KEY: "5/s",
      TLS_CERT: "/nowhere",
      KAFKA_TOPICS: "a b",
      FENCE_HORIZON: "1s",
      QUEUE_CONFIRM: "replica",
      KAFKA_BROKERS: "http://x",
      VIEWER_HOST: "0.0.0.0",
      BUS_SECRET_FILE: "/nowhere",
      PROJECTIONS_URL: "http://:secret@x",
      GEOIP_DB: "/nowhere.mmdb",
      GATEWAY_URL: "foo"
    })
    expect(code).toBe(78)
    const lines = output.trim().split("\n")
    for (const name of [
      ..."GATEWAY_PORT RATE_LIMIT_PER_KEY TLS_CERT KAFKA_TOPICS FENCE_HORIZON QUEUE_CONFIRM".split(" "),
      ..."KAFKA_BROKERS VIEWER_HOST BUS_SECRET_FILE PROJECTIONS_URL nowhere.mmdb GATEWAY_URL".split(" ")
    ])
      expect([name, lines.filter((line) => line.startsWith("fault ") && line.includes(name)).length]).toEqual(
        [name, 1]
      )
    expect(lines.filter((line) => line.startsWith("fault")).length).toBe(12)
    expect(lines.filter((line) => line.startsWith("warning"))).toEqual([
      expect.stringContaining(
        "RATE_LIMIT_PER_ADRESS is not a setting and is ignored: did you mean RATE_LIMIT_PER_ADDRESS?"
      )
    ])
    expect(output).not.toContain("secret")
  }, 60_000)

  test("ends with 0 when all is well, and says for which actors", async () => {
    const all = await check(["--all", "--check"], {})
    expect([all.code, all.output]).toEqual([
      0,
      expect.stringMatching(/^ok .*gateway, drainer.* can be used: \d+ of \d+ are set\.\n$/)
    ])
    const natsUrl = { NATS_URL: "nats://127.0.0.1:1", KAFKA_BROKER: "another actor's, misspelled" }
    const one = await check(
      ["actor", "enricher", "--check", "--json"],
      natsUrl,
      "bun",
      "actors/commands/spoor.ts"
    )
    expect([one.code, messages(one, "ok").length, messages(one, "warning").length]).toEqual([0, 1, 1])
  }, 60_000)

  test("--connect and --json need --check", async () => {
    expect((await check(["gateway", "--connect"], {})).code).toBe(64)
    expect((await check(["gateway", "--json"], {})).code).toBe(64)
  }, 60_000)
})

const folder = join(import.meta.dirname, "..", "..", "..", "deploy")

describe.skipIf(!hasRedisProgram())("actor --check --connect: Redis", () => {
  const template = readFileSync(join(folder, "redis", "users.acl"), "utf8")
  const users = `${template.replaceAll(/\$\{REDIS_PASSWORD_(\w+)\}/g, (_, user: string) => `of-${user.toLowerCase()}`)}
user admin on >of-admin ~* +@all
user old on >of-old resetkeys ~other -@all +@read +multi +discard +rpush +ping +info
`
  let redis: OwnRedis
  let frozenRedis: OwnRedis | undefined
  let frozenCheck: ReturnType<typeof checkFrozen>
  let admin: Redis
  const as = (user: string): Environment => ({
    REDIS_URL: `redis://${user}:of-${user}@127.0.0.1:${redis.port}`
  })

  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), "spoor-check-")), "users.acl")
    writeFileSync(file, users)
    const started = await startRedis(["--aclfile", file, "--appendonly", "yes", "--maxmemory", "100mb"])
    if (started === undefined) throw new Error("redis-server did not start")
    redis = started
    frozenRedis = await startRedis()
    if (frozenRedis === undefined) throw new Error("redis-server did not start")
    const args = ["gateway", "--check", "--connect", "--json"]
    frozenCheck = checkFrozen(frozenRedis, args, { REDIS_URL: frozenRedis.url })
    admin = new Redis(as("admin").REDIS_URL ?? "", { retryStrategy: () => null })
    admin.on("error", () => {})
  }, 60_000)
  afterAll(async () => {
    admin?.disconnect()
    await redis?.stop()
    await frozenRedis?.stop()
  })

  for (const [name, user, more] of [
    [
      "gateway",
      "gateway",
      { VISITOR_ID: "daily", RATE_LIMIT_SHARED: "true", LINKS_TOKEN: "a-token-of-the-test" }
    ],
    ["drainer", "drainer", { NATS_URL: "nats://127.0.0.1:1" }],
    ["event-counter", "consumer", {}],
    ["viewer", "viewer", {}]
  ] as const)
    test(`${name} finds nothing denied to the user ${user} of deploy/redis/users.acl, and leaves nothing`, async () => {
      const checked = await check([name, "--check", "--connect", "--json"], { ...as(user), ...more })
      const denied = checked.findings.filter(({ message }) => message.includes("denies"))
      expect(denied).toEqual([])
      expect(messages(checked, "ok")).toContainEqual(expect.stringContaining("allows all commands"))
      expect(checked.findings).toContainEqual(
        expect.objectContaining({
          message: expect.stringMatching(/answers: Redis \d|does not tell its version/)
        })
      )
      if (name !== "drainer") expect([checked.code, messages(checked, "fault")]).toEqual([0, []])
      const refusals = (await admin.call("ACL", "LOG")) as ReadonlyArray<ReadonlyArray<string>>
      const refused = refusals.map((entry) => entry[entry.indexOf("object") + 1])
      // Whether a user may read the server's figures is found by trying.
      expect([await admin.dbsize(), refused.filter((command) => command !== "info")]).toEqual([0, []])
    }, 60_000)

  test("a user without the rights is told which commands on which keys", async () => {
    const checked = await check(["gateway", "--check", "--connect", "--json"], as("consumer"))
    expect(checked.code).toBe(1)
    const [fault = ""] = messages(checked, "fault")
    for (const what of ["RPUSH click_queue", "HINCRBY {click_queue}:ledger"]) expect(fault).toContain(what)
  }, 60_000)

  test("without scripts, permissions are asked in a transaction that is discarded", async () => {
    const checked = await check(["gateway", "--check", "--connect", "--json"], as("old"))
    expect(messages(checked, "fault")).toContainEqual(expect.stringContaining("RPUSH click_queue"))
    expect(await admin.dbsize()).toBe(0)
  }, 60_000)

  test("durability: maxmemory-policy and appendfsync are named; an evicting server is a fault", async () => {
    const well = await check(["gateway", "--check", "--connect", "--json"], as("gateway"))
    expect(messages(well, "ok")).toContainEqual(
      expect.stringContaining("maxmemory-policy noeviction, appendfsync everysec")
    )
    await admin.config("SET", "maxmemory-policy", "allkeys-lru")
    const evicting = await check(["gateway", "--check", "--connect", "--json"], as("gateway"))
    await admin.config("SET", "maxmemory-policy", "noeviction")
    expect([evicting.code, messages(evicting, "fault")]).toEqual([
      1,
      [expect.stringContaining("maxmemory-policy to noeviction")]
    ])
  }, 60_000)

  test("a wrong password, a closed port and a frozen server are faults, within a bounded time", async () => {
    const url = (rest: string): Environment => ({ REDIS_URL: `redis://${rest}` })
    const args = ["gateway", "--check", "--connect", "--json"]
    const [wrong, closed, frozen] = await Promise.all([
      check(args, url(`gateway:no@127.0.0.1:${redis.port}`)),
      check(args, url("127.0.0.1:1")),
      frozenCheck
    ])
    expect([wrong.code, messages(wrong, "fault")]).toEqual([
      1,
      [expect.stringContaining("refuses the login")]
    ])
    expect([closed.code, messages(closed, "fault")]).toEqual([1, [expect.stringContaining("ECONNREFUSED")]])
    expect([frozen.code, messages(frozen, "fault").length]).toEqual([1, 1])
    expect(frozen.tookMs).toBeLessThan(30_000)
  }, 60_000)
})

describe.skipIf(!canStartNats)("actor --check --connect: NATS", () => {
  const file = readFileSync(join(folder, "nats", "spoor.conf"), "utf8")
  const users = Array.from(file.matchAll(/^ +user: (\w+)$/gm), ([, user = ""]) => user)
  const passwords = users.map((user) => `NATS_PASSWORD_${user.toUpperCase()}: "of-${user}"`)
  let server: NatsServer
  let frozenServer: NatsServer
  let frozenCheck: ReturnType<typeof checkFrozen>
  const as = (user: string): Environment => ({
    NATS_URL: server.url.replace("//", `//${user}:of-${user}@`),
    NATS_INBOX_PREFIX: `_INBOX.${user}`,
    BUS_SECRET: "of-the-test"
  })

  beforeAll(async () => {
    server = await privateNats([...passwords, file].join("\n"))
    frozenServer = await privateNats()
    await Promise.all([server.start(), frozenServer.start()])
    frozenCheck = checkFrozen(frozenServer, ["enricher", "--check", "--connect", "--json"], {
      NATS_URL: frozenServer.url
    })
  }, 60_000)
  afterAll(async () => {
    await server?.remove()
    await frozenServer?.remove()
  })

  const actors = [
    ...["gateway", "drainer", "enricher", "bridge", "viewer", "tap", "receiver"].map(
      (name) => [name, name] as const
    ),
    ["event-counter", "consumer"] as const
  ]
  for (const [name, user] of actors)
    test(`${name} finds nothing denied to the user ${user} of deploy/nats/spoor.conf`, async () => {
      const checked = await check([name, "--check", "--connect", "--json"], as(user))
      expect([checked.code, messages(checked, "fault"), messages(checked, "warning")]).toEqual([0, [], []])
      expect(messages(checked, "ok")).toContainEqual(
        expect.stringMatching(/NATS at .* allows all \d+ subjects/)
      )
      expect(messages(checked, "ok")).toContainEqual(expect.stringMatching(/answers: version 2\.\d+/))
    }, 60_000)

  test("another user is told which subjects it lacks; those of observers are a warning", async () => {
    const checked = await check(["enricher", "--check", "--connect", "--json"], {
      ...as("bridge"),
      NATS_INBOX_PREFIX: "_INBOX.bridge"
    })
    expect(checked.code).toBe(1)
    const [fault = ""] = messages(checked, "fault")
    expect(fault).toContain("publish spoor.store")
    expect(fault).toContain("subscribe spoor.enrich (queue group enrich)")
    expect(messages(checked, "warning")).toContainEqual(expect.stringContaining("spoor.events.enriched"))
  }, 60_000)

  test("over WebSocket the same is found, and a server of another kind is a fault", async () => {
    const web = await privateNats([...passwords, file].join("\n"), "websocket")
    await web.start()
    const url = web.url.replace("//", "//enricher:of-enricher@")
    const checked = await check(["enricher", "--check", "--connect", "--json"], {
      ...as("enricher"),
      NATS_URL: url
    })
    expect([checked.code, messages(checked, "fault"), messages(checked, "warning")]).toEqual([0, [], []])
    expect(messages(checked, "ok")).toContainEqual(
      expect.stringMatching(/NATS at ws:\/\/127.* allows all \d+ subjects/)
    )
    const wrong = await check(["enricher", "--check", "--connect", "--json"], {
      ...as("enricher"),
      NATS_URL: as("enricher").NATS_URL?.replace("nats:", "ws:") ?? ""
    })
    expect([wrong.code, messages(wrong, "fault").length]).toEqual([1, 1])
    expect(messages(wrong, "fault")[0]).toContain("cannot be reached")
    await web.remove()
  }, 60_000)

  test("a wrong password and a frozen server are faults, within a bounded time", async () => {
    const wrong = await check(["enricher", "--check", "--connect", "--json"], {
      NATS_URL: server.url.replace("//", "//enricher:no@")
    })
    expect([wrong.code, messages(wrong, "fault")]).toEqual([
      1,
      [expect.stringContaining("refuses the login")]
    ])
    const frozen = await frozenCheck
    expect([frozen.code, messages(frozen, "fault").length]).toEqual([1, 1])
    expect(frozen.tookMs).toBeLessThan(30_000)
  }, 60_000)
})
