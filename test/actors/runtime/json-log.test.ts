/** JSON logs: one object a line, the same keys first on each, texts as the message, objects as fields, no empty field. */
import { describe, expect, test } from "bun:test"
import { once } from "node:events"
import { Cause, Console, Effect, Logger, References } from "effect"
import { jsonLine, jsonLogger } from "../../../actors/runtime/json-log.ts"
import { launch, ownSettings, runtimes } from "../../support/spoor.ts"

const at = new Date("2026-11-30T12:00:00.000Z")
const lineOf = (values: ReadonlyArray<unknown>, more: object = {}) =>
  jsonLine({ at, level: "Warn", values, annotations: { actor: "drainer" }, ...more })

describe("jsonLine", () => {
  test("texts become the message, objects become fields", () => {
    expect(lineOf(["batch released: no responder", { batch: "b1", lines: 0, reason: "no-responders" }])).toBe(
      '{"timestamp":"2026-11-30T12:00:00.000Z","level":"WARN","message":"batch released: no responder","actor":"drainer","batch":"b1","lines":0,"reason":"no-responders"}'
    )
  })

  test("empty values are omitted", () => {
    const fields = { a: undefined, b: null, c: "", d: [], e: {}, f: { g: undefined }, h: false, i: 0 }
    expect(JSON.parse(lineOf(["x", fields], { cause: "", spans: {} }))).toEqual({
      timestamp: at.toISOString(),
      level: "WARN",
      message: "x",
      actor: "drainer",
      h: false,
      i: 0
    })
  })

  const messages: ReadonlyArray<readonly [values: ReadonlyArray<unknown>, message: string]> = [
    [["one", "two", 3], "one two 3"],
    [[new Error("no route")], "no route"],
    [[["a", 1]], '["a",1]'],
    [[new Map([["a", 1]])], "{}"],
    [[7n, true, Symbol("s")], "7 true Symbol(s)"],
    [[{ only: "fields" }], "no message"],
    [[], "no message"],
    [[undefined, null, ""], "no message"]
  ]
  test.each([...messages])("the message is a text (%#)", (values, message) => {
    expect(JSON.parse(lineOf(values)).message).toBe(message)
  })

  test("a field cannot replace a reserved key", () => {
    const line = JSON.parse(lineOf(["x", { message: "y", level: "z", actor: "w", cause: "v" }]))
    expect(line).toMatchObject({ message: "x", level: "WARN", actor: "drainer" })
    expect(line).toMatchObject({
      "field.message": "y",
      "field.level": "z",
      "field.actor": "w",
      "field.cause": "v"
    })
  })

  test("is one line without terminal escapes, whatever is logged", () => {
    const line = lineOf(["a\nb\u001b[2J\u009b2J\u007f\u2028", { f: "\u0085" }])
    expect(line).toMatch(/^[ -~]+$/)
    expect(JSON.parse(line)).toMatchObject({ message: "a\nb\u001b[2J\u009b2J\u007f\u2028", f: "\u0085" })
  })

  test("circular values are written too", () => {
    const circle: Record<string, unknown> = { name: "c" }
    circle.self = circle
    expect(JSON.parse(lineOf(["x", circle]))).toMatchObject({ message: "x", name: "c" })
  })
})

test("the logger writes fields, causes, spans and annotations of Effect's log calls", async () => {
  const lines: Array<string> = []
  const into = { ...console, log: (line: string) => void lines.push(line) } as never
  await Effect.runPromise(
    Effect.gen(function* () {
      yield* Effect.logError("it crashed", Cause.die(new Error("boom")), { crashes: 2 })
      yield* Effect.logInfo("it runs").pipe(Effect.withLogSpan("start"))
      yield* Effect.logInfo("alone").pipe(Effect.annotateLogs({ actor: "" }))
    }).pipe(
      Effect.annotateLogs({ actor: "bridge", worker: 2 }),
      Effect.provide(Logger.layer([jsonLogger])),
      Effect.provideService(References.MinimumLogLevel, "Info"),
      Effect.provideService(Console.Console, into)
    )
  )
  const [crashed, runs, alone] = lines.map((line) => JSON.parse(line))
  expect(Object.keys(crashed)).toEqual([
    "timestamp",
    "level",
    "message",
    "actor",
    "worker",
    "crashes",
    "cause"
  ])
  expect(crashed).toMatchObject({
    level: "ERROR",
    message: "it crashed",
    actor: "bridge",
    worker: 2,
    crashes: 2
  })
  expect(crashed.cause).toContain("Error: boom")
  expect(Object.keys(runs)).toEqual(["timestamp", "level", "message", "actor", "worker", "spans"])
  expect(runs.spans.start).toBeNumber()
  expect(alone.actor).toBe("process")
})

for (const runtime of Object.keys(runtimes) as ReadonlyArray<keyof typeof runtimes>) {
  test(`${runtime}: every line that a process prints is JSON, its banner too`, async () => {
    const { child, ended } = launch(["--all"], ownSettings({ LOG_FORMAT: "" }), runtime)
    let printed = ""
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString()
    })
    while (!printed.includes("Spoor is running")) await once(child.stdout, "data")
    child.kill("SIGTERM")
    expect(await ended).toBe(0)
    const lines = printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) {
      expect(Object.keys(line).slice(0, 4)).toEqual(["timestamp", "level", "message", "actor"])
      expect(typeof line.message).toBe("string")
      expect(Object.values(line).filter((value) => value === "" || value === null)).toEqual([])
    }
    const banner = lines.find(({ message }) => message.startsWith("Spoor is running: gateway, drainer"))
    expect(banner["send events"]).toStartWith("http://127.0.0.1:")
    expect(banner).toMatchObject({ bus: "in-process (embedded)", actor: "process", level: "INFO" })
  }, 30_000)
}
