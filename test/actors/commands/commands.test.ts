/**
 * The commands `ledger` and `dead-letters` when events cannot be processed: the dead letter is listed, tried as a dry run,
 * edited and replayed, and the ledger balances at every step. On embedded services beside the running process, and on real
 * servers.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { Redis } from "ioredis"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import { openFile } from "../../../bridge/sqlite/database.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { newClaimId, type Topic } from "../../../contracts/ids.ts"
import { makeCluster, realServers } from "../../support/cluster.ts"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"
import { command, launchCommand, ledgerWhen, listed, type Runtime, withQueue } from "./command.ts"

/** A running pipeline, and access to its services. */
interface Pipeline {
  readonly settings: Environment
  readonly start: () => Promise<Spoor>
  /** Pushes two lines as a gateway does, without a drainer. */
  readonly pushTwo: () => Promise<unknown>
  /** Pushes a line as another program does. */
  readonly pushLine: (line: string) => Promise<unknown>
  /** Appends a text to the dead-letter list, as another program does. */
  readonly deadLetterText: (text: string) => Promise<unknown>
  /** Removes the first waiting line. */
  readonly stealLine: () => Promise<unknown>
  /** Deletes all claimed batches. */
  readonly deleteClaimed: () => Promise<unknown>
  /** An event id that is in the log. */
  readonly storedId: () => Promise<string>
  readonly stop: () => Promise<unknown>
}

const embedded = (): Pipeline => {
  const settings = ownSettings({ KAFKA_TOPICS: "clicks" })
  const directory = settings.DATA_DIR ?? ""
  const sql = (statement: string, ...values: ReadonlyArray<string | Uint8Array>) =>
    Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(openFile(directory, "queue.sqlite", ""), (file) =>
          file.transaction((database) => database.prepare(statement).run(...values))
        )
      )
    )
  return {
    settings,
    start: () => startSpoor(["--all"], settings),
    pushTwo: () =>
      withQueue(settings, ({ push }) =>
        push([good, good] as ReadonlyArray<string> as ReadonlyArray<ByteString>)
      ),
    pushLine: (line) => sql("INSERT INTO lines (line) VALUES (?)", Buffer.from(line, "latin1")),
    deadLetterText: (text) => sql("INSERT INTO dead_letters (letter) VALUES (?)", text),
    stealLine: () => sql("DELETE FROM lines WHERE place = (SELECT min(place) FROM lines)"),
    deleteClaimed: () => sql("DELETE FROM batches"),
    storedId: () =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* makeSqlite(directory)
            let id = ""
            yield* log.scan({ topics: ["events" as Topic], since: 0 }, ({ records }) => {
              id = records[0]?.headers.id ?? ""
              return id !== ""
            })
            return id
          })
        )
      ),
    stop: async () => {}
  }
}

const onServers = (servers: Environment): Pipeline => {
  const cluster = makeCluster(servers, { KAFKA_TOPICS: "clicks" })
  const { redis, queueKey, settings } = cluster
  return {
    settings,
    start: () => cluster.start("gateway", "drainer", "enricher", "bridge"),
    pushTwo: async () => {
      const gateway = await cluster.start("gateway")
      const url = new URL("/t/good?n=1", gateway.address("send events"))
      for (const answer of [await fetch(url), await fetch(url)]) expect(answer.status).toBe(200)
      await gateway.end()
    },
    pushLine: (line) => redis.rpush(queueKey, Buffer.from(line, "latin1")),
    deadLetterText: (text) => redis.rpush(cluster.deadLetterKey, text),
    stealLine: () => redis.lpop(queueKey),
    deleteClaimed: () => redis.del(`{${queueKey}}:claimed`),
    storedId: async () => cluster.read(cluster.topic)[0]?.headers.id ?? "",
    stop: cluster.stop
  }
}

const bad = "8.8.8.8 soon host pod /t/b\u001b[31mad d=1\u0007 curl/8"
const good = "8.8.8.8 1795206900000 host pod /t/edited d=1 curl/8"

const suite = (open: () => Pipeline): void => {
  let pipeline: Pipeline
  let spoor: Spoor
  let settings: Environment
  const deadLetters = (...args: ReadonlyArray<string>) => command(settings, "dead-letters", args)
  const ledger = (...args: ReadonlyArray<string>) => command(settings, "ledger", args)
  const letter = () => eventually("there is a dead letter", async () => (await listed(settings))[0])

  beforeAll(async () => {
    pipeline = open()
    settings = pipeline.settings
    spoor = await pipeline.start()
  })
  afterAll(async () => {
    await spoor.end("SIGKILL")
    await pipeline.stop()
  })

  test("without events all figures are 0, and the ledger balances", async () => {
    const { code, out } = await ledger()
    expect(out).toContain("received 0 = stored 0 + dead-lettered 0 + waiting 0 + in flight 0")
    expect(code).toBe(0)
    expect((await deadLetters("list")).out).toBe("No dead letters.\n")
  })

  test("an invalid line counts as received, and is a dead letter that can be listed and shown", async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      await fetch(new URL(`/t/good?n=${n}`, spoor.address("send events")))
    }
    await pipeline.pushLine("8.8.8.8 1795206900 clicks /c p ua")
    await pipeline.pushLine(bad)
    const { topics, total } = await ledgerWhen(
      settings,
      "all are settled",
      ({ stored, dead }) => stored === 6 && dead === 1
    )
    expect(total).toMatchObject({ received: 7, waiting: 0, inFlight: 0 })
    expect(topics).toMatchObject([
      { topic: "clicks", received: 1, stored: 1, dead: 0 },
      { received: 6, stored: 5, dead: 1 }
    ])
    const { out, code } = await ledger()
    expect(out).toContain("received 7 = stored 6 + dead-lettered 1 + waiting 0 + in flight 0")
    expect(out).toContain("The ledger balances.")
    expect(out).toContain("2 of them came from other programs than Spoor.")
    expect(code).toBe(0)

    const { id, ...listedDeadLetter } = await letter()
    expect(listedDeadLetter).toMatchObject({
      ours: true,
      reason: "time is not a number",
      stage: "drainer",
      attempts: 1
    })
    expect(Buffer.from(listedDeadLetter.bytes, "base64").toString("latin1")).toBe(bad)
    const shown = await deadLetters("show", id)
    const list = await deadLetters("list")
    const where = await ledger("where", id)
    for (const { code, out } of [shown, list, where]) {
      expect(code).toBe(0)
      expect(out).toContain(id)
      expect(out).toContain("time is not a number")
      expect(out).toContain("/t/b\\x1b[31mad d=1\\x07 curl/8")
      expect(out).not.toMatch(/(?!\n)\p{Cc}/u)
    }
    expect(where.out).toStartWith("A dead letter on ")
    expect(await listed(settings, "--reason", "no path")).toEqual([])
    expect(await listed(settings, "--text", "T/B\\X1B")).toHaveLength(1)
  })

  test("a stored event is found by its id, with its record", async () => {
    const { code, out } = await ledger("where", await pipeline.storedId())
    expect(out).toMatch(/^In the log: topic \S+, partition \d+, offset \d+\.\n/)
    expect(out).toMatch(/record {5}good type=/)
    expect(code).toBe(0)
    const nowhere = await ledger("where", `${"0".repeat(12)}${"a".repeat(20)}-0`, "--json")
    expect(JSON.parse(nowhere.out)).toMatchObject({ state: "not found", troubles: [] })
    expect(nowhere.code).toBe(1)
  })

  test("a dead letter that fails again comes back once for each replay, at most three times", async () => {
    for (const n of [1, 2, 3]) {
      const { id } = await letter()
      const replayed = await deadLetters("replay", id)
      expect(replayed).toMatchObject({ code: 0, out: `${id}  replayed\n`, err: "" })
      const seen = await ledgerWhen(
        settings,
        "it is back",
        ({ dead, replayed }) => dead === 1 && replayed === n
      )
      expect(seen).toMatchObject({ balanced: true, warnings: [], total: { received: 7, stored: 6 } })
      expect((await letter()).id).not.toBe(id)
    }
    const { id } = await letter()
    const fourth = await deadLetters("replay", id)
    expect(fourth.out).toContain("came back from three replays")
    expect(fourth.code).toBe(1)
    const all = await deadLetters("replay", "--all")
    expect(all).toMatchObject({ code: 1 })
    expect(all.out).toContain("0 dead letters replayed.")
    expect((await letter()).id).toBe(id)
  })

  test("a dry run sends nothing; the edited line would be stored, and is stored when replayed", async () => {
    const { id } = await letter()
    const asIs = await deadLetters("replay", id, "--dry-run")
    expect(asIs).toMatchObject({
      code: 1,
      out: `${id}  would be dead-lettered again by the drainer: time is not a number\n`
    })
    const edited = await deadLetters("replay", id, "--line", good, "--dry-run")
    expect(edited.code).toBe(0)
    expect(edited.out).toMatch(/would be stored in \S+: edited type=\w+&.*&country=US&city=\w+ d=1\n$/)
    expect((await letter()).id).toBe(id)

    expect((await deadLetters("replay", id, "--line", good)).code).toBe(0)
    const { total, balanced } = await ledgerWhen(settings, "it is stored", ({ stored }) => stored === 7)
    expect(total).toMatchObject({ received: 7, dead: 0, discarded: 0, waiting: 0, inFlight: 0, replayed: 4 })
    expect(balanced).toBe(true)
    expect((await deadLetters("show", id)).code).toBe(1)
    expect((await deadLetters("replay", id)).out).toContain("not a dead letter")
  })

  test("dead letters of another program are replayed with --all, once each", async () => {
    await pipeline.deadLetterText(good)
    await pipeline.deadLetterText("no line at all")
    const letters = await listed(settings)
    expect(letters).toMatchObject([
      { ours: false, line: "no line at all" },
      { ours: false, line: good }
    ])
    expect(letters[0]?.id).toMatch(/^raw-[0-9a-f]{12}$/)
    expect((await deadLetters("replay", "--all")).out).toBe("2 dead letters replayed.\n")
    const seen = await ledgerWhen(
      settings,
      "both are settled",
      ({ stored, dead }) => stored === 8 && dead === 1
    )
    expect(seen).toMatchObject({ balanced: true, warnings: [], total: { received: 9 } })
  })

  test("--all discards only with --yes", async () => {
    const unconfirmed = await deadLetters("discard", "--all")
    expect(unconfirmed.err).toContain("1 dead letter would be discarded for good. Add --yes")
    expect(unconfirmed.code).toBe(1)
    expect((await deadLetters("discard", "--all", "--yes")).out).toBe("1 dead letter discarded.\n")
    const { out, code } = await ledger()
    expect(out).toContain("received 9 = stored 8 + dead-lettered 0 + discarded 1 + waiting 0 + in flight 0")
    expect(code).toBe(0)
  })

  test("a line removed by another program and a deleted claimed batch are reported as missing", async () => {
    const own = open()
    const ledger = (...args: ReadonlyArray<string>) => command(own.settings, "ledger", args)
    await own.pushTwo()
    expect((await ledger()).out).toContain("waiting 2")
    await own.stealLine()
    const stolen = await ledger()
    expect(stolen.out).toContain(
      "1 line is missing that Spoor pushed: another program removed them from the list."
    )
    expect(stolen.out).toContain("The ledger does NOT balance.")
    expect(stolen.code).toBe(1)

    await withQueue(own.settings, ({ sources: [source] }) =>
      source === undefined
        ? Effect.die("no source")
        : source.claim(newClaimId(), { maxEvents: 10, maxBytes: 1e6, lease: 60_000 })
    )
    expect((await ledger()).out).toContain("waiting 0 + in flight 1")
    await own.deleteClaimed()
    const deleted = await ledger("--json")
    expect(JSON.parse(deleted.out).warnings).toEqual([
      expect.stringContaining(
        "1 line is claimed but neither settled nor in flight: a claimed batch was deleted."
      ),
      expect.stringContaining("1 line is missing that Spoor pushed")
    ])
    expect(deleted.code).toBe(1)
    await own.stop()
  })
}

describe("embedded, beside the process that runs", () => suite(embedded))

const servers = await realServers()
describe.skipIf(servers === undefined)("on real servers", () => suite(() => onServers(servers ?? {})))

describe.skipIf(servers === undefined)("two queues on real servers", () => {
  test("are one ledger, and a replayed dead letter goes to the queue that it came from", async () => {
    const urls = ["/1", "/2"].map((path) => new URL(path, servers?.REDIS_URL).href)
    const cluster = makeCluster({ ...servers, REDIS_URL: urls.join() })
    const { settings, queueKey } = cluster
    const second = new Redis(urls[1] ?? "")
    try {
      await cluster.redis.rpush(queueKey, good, good, good)
      await second.rpush(queueKey, good, bad)
      const waiting = await command(settings, "ledger", [])
      expect(waiting.out).toContain("received 5 = stored 0 + dead-lettered 0 + waiting 5 + in flight 0")
      expect(waiting.out.match(/^queue {2}redis .*nothing claimed yet$/gm)).toHaveLength(2)

      await cluster.start("drainer", "enricher", "bridge")
      const settled = await ledgerWhen(settings, "all are settled", ({ stored, dead }) => stored + dead === 5)
      expect(settled.queues.map(({ account }) => account)).toMatchObject([
        { received: 3, stored: 3 },
        { received: 2, stored: 1, dead: 1 }
      ])
      const [letter] = await listed(settings)
      await command(settings, "dead-letters", ["replay", letter?.id ?? "", "--line", good])
      const whole = await ledgerWhen(settings, "the letter is stored", ({ stored }) => stored === 5)
      expect(whole).toMatchObject({ balanced: true, total: { received: 5, dead: 0 }, warnings: [] })
      expect(whole.queues[1]?.account).toMatchObject({ received: 2, stored: 2, replayed: 1 })
    } finally {
      second.disconnect()
      await cluster.stop()
    }
  })
})

test("with --watch the ledger is printed repeatedly", async () => {
  const child = launchCommand(ownSettings(), "ledger", ["--watch", "--json"])
  let out = ""
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString()
  })
  await eventually("it is printed twice", () => out.split("\n").length > 2)
  child.kill()
  for (const line of out.trimEnd().split("\n")) expect(JSON.parse(line)).toMatchObject({ balanced: true })
})

const runtimes: ReadonlyArray<Runtime> = denoProgram() === undefined ? ["bun"] : ["bun", "deno"]
for (const runtime of runtimes) {
  describe(`the command line on ${runtime}`, () => {
    const settings = ownSettings()
    for (const [name, args, code, stream, text] of [
      ["ledger", [], 0, "out", "The ledger balances."],
      ["ledger", ["--help"], 0, "out", "USAGE\n  ledger <subcommand> [flags]"],
      ["ledger", ["were"], 64, "err", 'spoor: ledger has no subcommand "were"; did you mean where?'],
      ["ledger", ["--frob"], 64, "err", "spoor: ledger has no flag --frob; it has --watch, --json, --local"],
      ["ledger", ["where"], 64, "err", "spoor: ledger where needs <id>"],
      ["ledger", ["where", "x", "--watch"], 64, "err", "spoor: ledger where has no flag --watch"],
      ["ledger", ["where", "x"], 1, "out", "Not an event id."],
      ["dead-letters", ["list"], 0, "out", "No dead letters."],
      ["dead-letters", ["--help"], 0, "out", "REDIS_URL"],
      ["dead-letters", [], 64, "err", "spoor: dead-letters needs a subcommand: list, show, replay, discard"],
      ["dead-letters", ["show", "x"], 1, "err", 'no dead letter has the id "x"'],
      ["dead-letters", ["list", "--cursor", "x"], 78, "err", "Invalid cursor"]
    ] as const) {
      test(`${name} ${args.join(" ")} ends with ${code}`, async () => {
        const ended = await command(settings, name, args, runtime)
        expect(ended[stream]).toContain(text)
        expect(ended.code).toBe(code)
      })
    }

    test("invalid settings end it with 78, an unreachable queue with 1", async () => {
      const wrong = await command({ ...settings, KAFKA_TOPIC: "a b" }, "ledger", [], runtime)
      expect(wrong).toMatchObject({ code: 78, out: "" })
      expect(wrong.err).toContain('"a b" is not a valid name for a Kafka topic')
      const down = { ...settings, REDIS_URL: "redis://127.0.0.1:1" }
      const unreachable = await command(down, "ledger", [], runtime)
      expect(unreachable.out).toMatch(/queue {2}redis 127\.0\.0\.1:1 {2}\S+/)
      expect(unreachable.out).toStartWith("Unknown: no queue could be read.\n")
      expect(unreachable.code).toBe(1)
      const letters = await command(down, "dead-letters", ["list"], runtime)
      expect(letters.err).toContain("127.0.0.1:1")
      expect(letters.code).toBe(1)
    })
  })
}
