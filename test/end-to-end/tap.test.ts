/** Live events in a plain NATS client, without a tool of Spoor, and in the command `tap`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { Effect } from "effect"
import type { EventView } from "../../actors/inspect/events/messages.ts"
import type { ByteString } from "../../contracts/event.ts"
import { launchCommand, withQueue } from "../actors/commands/command.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { freeze } from "../support/freeze.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import { type Environment, launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

/** Characters that control a terminal: escape sequences of one byte and of two, a bell, line ends, right-to-left marks. */
const hostile = "%1b[2J%9b31m%07%0d%0a%e2%80%ae%00"
const raw = Buffer.from("\u001b]0;owned\u0007\u009b31m\u00e2\u0080\u00ae", "latin1").toString("latin1")

const controls = /[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/u

/** Starts the command `tap`; `out` and `err` return its output so far. */
const tap = (settings: Environment, args: ReadonlyArray<string>, runtime: "bun" | "deno" = "bun") => {
  const child = launchCommand(settings, "tap", args, runtime)
  let out = ""
  let err = ""
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    started: () => eventually("tap has subscribed", () => err.includes("tap: "))
  }
}

describe.skipIf(!canStartNats)("on NATS", () => {
  let nats: NatsServer
  let settings: Environment
  let pipeline: Spoor
  let plain: NatsConnection
  const received: Array<{ readonly subject: string; readonly text: string }> = []

  const push = (...lines: ReadonlyArray<string>) =>
    withQueue(settings, ({ push }) => push(lines as ReadonlyArray<string> as ReadonlyArray<ByteString>))
  const line = (type: string, query: string) => `192.0.2.1 ${Date.now()} h p /t/${type} ${query} curl/8`

  /** Pushes the lines repeatedly until `read` returns a value: nothing is copied before the copy subscription is active. */
  const pushUntil = <A>(what: string, read: () => A | undefined | false, ...lines: ReadonlyArray<string>) =>
    eventually(what, async () => {
      await push(...lines)
      return read()
    })

  const receivedOn = (subject: string, id: string) =>
    received
      .filter((one) => one.subject === subject)
      .map(({ text }) => text)
      .find((text) => text.includes(id))

  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
    settings = ownSettings({ NATS_URL: nats.url })
    pipeline = await startSpoor(["drainer", "enricher", "bridge"], settings)
    plain = await connect({ servers: nats.url })
    plain.subscribe("spoor.tap.>", {
      callback: (_, message) => void received.push({ subject: message.subject, text: message.string() })
    })
    await plain.flush()
  })
  afterAll(async () => {
    await plain?.close()
    await pipeline?.end()
    await nats?.remove()
  })

  test("a plain client reads JSON of every stage while the actor tap runs, and nothing is copied after it", async () => {
    const actor = await startSpoor(["tap"], settings)
    const own = `plain-${Math.random().toString(36).slice(2)}`
    await pushUntil(
      "a rejected line is shown",
      () => receivedOn("spoor.tap.rejected.events", own),
      line("app_open", `id=${own}&x=${hostile}`),
      `${own} ${raw}`
    )
    const views: Record<string, EventView> = {}
    for (const stage of ["raw", "enriched", "stored", "rejected"]) {
      const text = await eventually(`${stage} is shown`, () => receivedOn(`spoor.tap.${stage}.events`, own))
      expect(text).not.toMatch(controls)
      expect(text).not.toContain("\n")
      views[stage] = JSON.parse(text)
    }
    const stored = await eventually("the stored event", () => {
      const texts = received.filter(
        ({ subject, text }) => subject === "spoor.tap.stored.events" && text.includes(own)
      )
      return texts.map(({ text }): EventView => JSON.parse(text))[0]
    })
    expect(stored).toMatchObject({
      stage: "stored",
      topic: "events",
      type: "app_open",
      address: "192.0.2.1",
      partition: expect.any(Number)
    })
    expect(stored.offset).toMatch(/^\d+$/)
    expect(stored.params[0]).toEqual(["id", own])
    expect(views.rejected).toMatchObject({ reason: "too few fields", by: "drainer" })
    expect(await actor.end()).toBe(0)

    // Its copy subscription expires; from then on nothing is copied.
    let copied = 0
    let stores = 0
    plain.subscribe("spoor.copies.>", { callback: () => void copied++ })
    plain.subscribe("spoor.events.stored.>", { callback: () => void stores++ })
    await plain.flush()
    await eventually("a batch passes and is not copied", async () => {
      const [copiedBefore, storedBefore] = [copied, stores]
      await push(line("app_open", "after=1"))
      await eventually("it is stored", () => stores > storedBefore)
      await plain.flush()
      return copied === copiedBefore
    })
  }, 60_000)

  test.each(denoProgram() === undefined ? (["bun"] as const) : (["bun", "deno"] as const))(
    "the command shows matching events and ends with exit code 0 at its limit (%s)",
    async (runtime) => {
      const own = `cmd-${runtime}`
      const args = ["enriched", "--type", "=match", "--where", `id=${own}&country`, "--limit", "2"]
      const shown = tap(settings, args, runtime)
      await shown.started()
      await pushUntil(
        "tap has ended",
        () => shown.child.exitCode !== null,
        line("other", `id=${own}`),
        line("match", `id=${own}&x=${hostile}`),
        line("match", "id=another")
      )
      expect(await shown.ended).toBe(0)
      const lines = shown.out().trim().split("\n")
      expect(lines).toHaveLength(2)
      for (const text of lines) {
        expect(text).toContain("match")
        expect(text).toContain(`id=${own}`)
        expect(text).not.toMatch(controls)
      }
      expect(shown.err()).toContain(`enriched as it passes on NATS 127.0.0.1:${nats.port}`)
    },
    60_000
  )

  test("--json prints one view per line; a signal ends it with exit code 0", async () => {
    const shown = tap(settings, ["rejected", "--json"])
    await shown.started()
    await pushUntil("a line", () => shown.out().includes("\n"), `nonsense ${raw}`)
    shown.child.kill("SIGINT")
    expect(await shown.ended).toBe(0)
    const [first = ""] = shown.out().split("\n")
    expect(first).not.toMatch(controls)
    expect(JSON.parse(first)).toMatchObject({ stage: "rejected", reason: "too few fields", by: "drainer" })
  }, 60_000)

  const isDrained = async (): Promise<boolean> => {
    const [depth] = await withQueue(settings, ({ sources }) =>
      Effect.forEach(sources, (source) => source.depth)
    )
    return depth?.waiting === 0 && depth.claimed === 0
  }

  test("at a high rate it shows some events and reports the number of the others: the sum is the total", async () => {
    const shown = tap(settings, ["stored", "--json"])
    const count = (type: string): number => shown.out().split(`"type":"${type}"`).length - 1
    await shown.started()
    await pushUntil("a probe", () => count("probe") > 0, line("probe", "e"))
    let pushed = 10_000
    await push(...Array.from({ length: pushed }, (_, n) => line("flood", `n=${n}`)))
    await eventually("the flood is stored", isDrained)
    // The number of dropped events is sent with the next message, so one more event must be shown.
    await eventually("a last event is shown", async () => {
      const last = `last-${pushed}`
      await push(line("flood", `n=${last}`))
      pushed += 1
      return eventually("it is shown", () => shown.out().includes(last), 2_000).catch(() => false)
    })
    shown.child.kill("SIGINT")
    expect(await shown.ended).toBe(0)
    const left = Array.from(shown.err().matchAll(/([\d,]+) events? dropped/g), ([, number = ""]) =>
      Number(number.replaceAll(",", ""))
    ).reduce((sum, number) => sum + number, 0)
    expect(left).toBeGreaterThan(0)
    expect(count("flood") + left).toBe(pushed)
  }, 60_000)

  test("a frozen tap does not delay the pipeline", async () => {
    const shown = tap(settings, ["stored"])
    await shown.started()
    await pushUntil("it is shown", () => shown.out().includes("probe"), line("probe", "e"))
    freeze(shown.child.pid ?? 0)
    await push(...Array.from({ length: 20_000 }, (_, n) => line("frozen", `n=${n}`)))
    await eventually("all is stored", isDrained)
    shown.child.kill("SIGKILL")
    expect(await shown.ended).toBe(null)
  }, 60_000)

  test("values hidden by VIEWER_MASK are hidden in tap too", async () => {
    const shown = tap({ ...settings, VIEWER_MASK: "address,secret" }, [
      "raw",
      "--where",
      "masked",
      "--limit",
      "1",
      "--json"
    ])
    await shown.started()
    await pushUntil(
      "tap has ended",
      () => shown.child.exitCode !== null,
      line("a", "masked=1&secret=hunter2")
    )
    expect(shown.out()).toContain("masked")
    expect(shown.out()).not.toMatch(/hunter2|192\.0\.2\.1/)
  }, 60_000)

  test("with a filter that matches nothing, the number of events seen is reported, and again at the end", async () => {
    const shown = tap(settings, ["stored", "--where", "deviceid=nobody"])
    await shown.started()
    await pushUntil(
      "tap reports it",
      () => /tap: [1-9][\d,]* events? seen, 0 match\n/.test(shown.err()),
      line("app_open", "deviceid=abcdf")
    )
    shown.child.kill("SIGINT")
    expect(await shown.ended).toBe(0)
    expect(shown.err()).toMatch(/ seen, 0 match\n$/)
    expect(shown.out()).toBe("")
  }, 60_000)

  test("it reports that no drainer is running", async () => {
    const empty = await privateNats()
    await empty.start()
    const shown = tap({ ...settings, NATS_URL: empty.url }, ["raw"])
    await eventually("tap reports it", () => shown.err().includes("no drainer answers there"))
    shown.child.kill("SIGINT")
    expect(await shown.ended).toBe(0)
    await empty.remove()
  }, 60_000)
})

/** Each stage once, and one of them on the other runtime. */
const stagesAndRuntimes: ReadonlyArray<readonly [stage: string, runtime: "bun" | "deno"]> = [
  ["raw", "bun"],
  ["enriched", "bun"],
  ["stored", "bun"],
  ...(denoProgram() === undefined ? [] : [["raw", "deno"] as const])
]

describe("without NATS, from the viewer", () => {
  const secret = { VIEWER_TOKEN: "a-token-for-tools" }
  let spoor: Spoor
  let settings: Environment

  beforeAll(async () => {
    const started = ownSettings(secret)
    spoor = await startSpoor(["--all"], started)
    settings = { ...started, VIEWER_URL: spoor.address("watch them").origin }
  })
  afterAll(() => spoor.end("SIGKILL"))

  const send = async (query: string): Promise<void> => {
    await fetch(`${spoor.address("send events").origin}/t/app_open?${query}`)
  }

  test.each(stagesAndRuntimes)(
    "matching %s events, on %s",
    async (stage, runtime) => {
      const own = `${stage}-${runtime}`
      const shown = tap(settings, [stage, "--where", `id=${own}&address~127.`, "--limit", "2"], runtime)
      await shown.started()
      await eventually("tap has ended", async () => {
        await send(`id=another&x=${hostile}`)
        await send(`id=${own}&x=${hostile}`)
        return shown.child.exitCode !== null
      })
      expect(await shown.ended).toBe(0)
      expect(shown.out().trim().split("\n")).toHaveLength(2)
      expect(shown.out()).toContain(`id=${own}`)
      expect(shown.out()).not.toContain("another")
      expect(shown.out()).not.toMatch(controls)
      expect(shown.err()).toContain(`${stage} as the viewer at ${settings.VIEWER_URL} sees it`)
    },
    60_000
  )

  test("with a filter that matches nothing, the number of events seen is reported; without a filter it is not", async () => {
    const shown = tap(settings, ["stored", "--type", "=no_such_type"])
    const all = tap(settings, ["stored"])
    await Promise.all([shown.started(), all.started()])
    await eventually("tap reports it", async () => {
      await send("deviceid=abcdf")
      return /tap: [1-9][\d,]* events? seen, 0 match\n/.test(shown.err()) && all.out() !== ""
    })
    for (const one of [shown, all]) one.child.kill("SIGINT")
    expect([await shown.ended, await all.ended]).toEqual([0, 0])
    expect(all.err()).not.toContain(" seen, ")
  }, 60_000)

  test("a wrong token is a configuration error; the end of the viewer is reported", async () => {
    const wrong = tap({ ...settings, VIEWER_TOKEN: "another" }, ["raw"])
    expect(await wrong.ended).toBe(78)
    expect(wrong.err()).toContain("rejects the credentials")

    const other = await startSpoor(["viewer"], ownSettings())
    const shown = tap({ ...settings, VIEWER_TOKEN: "", VIEWER_URL: other.address("watch them").origin }, [
      "raw"
    ])
    await shown.started()
    await other.end("SIGKILL")
    expect(await shown.ended).toBe(1)
    expect(shown.err()).toMatch(/spoor: the viewer at http:\S+ has ended\n$/)
  }, 60_000)
})

describe("an invalid command is reported in one sentence", () => {
  const runToEnd = async (args: ReadonlyArray<string>, more: Environment = {}) => {
    const { ended, err } = tap(ownSettings({ ...more }), args)
    return { code: await ended, err: err() }
  }

  test("an unknown stage", async () => {
    const { code, err } = await runToEnd(["bogus"])
    expect(code).toBe(64)
    expect(err).toBe('spoor: <stage> cannot be "bogus"; write "raw" | "enriched" | "stored" | "rejected"\n')
  })

  test("an unreachable NATS or viewer", async () => {
    const nats = await runToEnd(["raw"], { NATS_URL: "nats://127.0.0.1:1" })
    expect(nats.code).toBe(1)
    expect(nats.err.trim()).toMatch(/^spoor: NATS at 127\.0\.0\.1:1: .*$/)
    const viewer = await runToEnd(["raw"], { VIEWER_URL: "http://127.0.0.1:1" })
    expect(viewer.code).toBe(1)
    expect(viewer.err.trim()).toMatch(/^spoor: no viewer answers at http:\/\/127\.0\.0\.1:1: .*$/)
  })

  test("invalid settings", async () => {
    expect(await runToEnd(["raw"], { VIEWER_URL: "elsewhere" })).toMatchObject({ code: 78 })
    expect(await runToEnd(["raw"], { NATS_URL: "nats://host:port" })).toMatchObject({ code: 78 })
  })

  test("the actor without NATS, and with unknown stages", async () => {
    for (const more of [{}, { NATS_URL: "nats://127.0.0.1:1", TAP_STAGES: "raw,bogus" }]) {
      const { output, ended } = launch(["tap"], ownSettings({ LOG_LEVEL: "Error", ...more }))
      expect(await ended).toBe(78)
      expect(output().trim()).toMatch(
        /^spoor: (tap publishes on NATS|TAP_STAGES has an unknown stage "bogus").*$/
      )
    }
  })
})
