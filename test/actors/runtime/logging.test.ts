/** Logs that contain text from outside: no terminal escapes, in readable lines and in JSON. */
import { describe, expect, test } from "bun:test"
import { Cause, Effect, Logger, Redacted } from "effect"
import { processExitOf } from "../../../actors/runtime/exit-code.ts"
import { jsonFormat } from "../../../actors/runtime/json-log.ts"
import { prettyLogger } from "../../../actors/runtime/logging.ts"
import { Failure } from "../../../contracts/failure.ts"

/** Text that would clear the screen, rename the window (in both encodings) and reverse the text direction. */
const hostile = "a\u001b[2J\u001b]0;x\u0007b\u009b31m\u202ec\u2028\rd\u007f\u0000e"
const steering = /[\p{Cc}\u2028\u2029\u202a-\u202e]/u

const logged = async (logger: Logger.Logger<unknown, string>, work: Effect.Effect<void>): Promise<string> => {
  const lines: Array<string> = []
  const keep = Logger.map(logger, (line) => void lines.push(line))
  await Effect.runPromise(Effect.provide(work, Logger.layer([keep])))
  return lines.join("\n")
}

const inEveryPlace = Effect.logWarning(
  `it said ${hostile}`,
  { [hostile]: hostile, inner: [new Error(hostile)] },
  hostile
).pipe(
  Effect.andThen(Effect.logError(hostile, Cause.fail(new Error(hostile)))),
  Effect.andThen(Effect.logError(new Error(hostile))),
  Effect.annotateLogs({ [hostile]: hostile, peer: { name: hostile } }),
  Effect.withLogSpan(hostile)
)

describe("a log with text from outside", () => {
  test("has no terminal escapes as readable lines", async () => {
    const text = await logged(prettyLogger(false), inEveryPlace)
    expect(text.split("\n").filter((line) => steering.test(line.replaceAll("\t", "")))).toEqual([])
    expect(text).toContain(
      "it said a\\u001b[2J\\u001b]0;x\\u0007b\\u009b31m\\u202ec\\u2028\\u000dd\\u007f\\u0000e"
    )
  })

  test("has only its own colour codes on a terminal", async () => {
    const text = await logged(prettyLogger(true), Effect.logInfo("\u001b[31mred"))
    expect(text.replace(/^\[[\d:.]+\]/, "").replace(/#\d+/, "#")).toBe(
      " \u001b[32mINFO\u001b[0m (#): \u001b[1;36m\\u001b[31mred\u001b[0m"
    )
  })

  test("cannot fake an entry with a line end", async () => {
    const text = await logged(
      prettyLogger(false),
      Effect.logInfo("one\n[00:00:00.000] ERROR (#1): two\r\nthree")
    )
    expect(text.split("\n").slice(1)).toEqual(["  [00:00:00.000] ERROR (#1): two", "  three"])
  })

  test("has no terminal escapes as JSON, with the same values", async () => {
    const text = await logged(jsonFormat, inEveryPlace)
    expect(text.split("\n").filter((line) => steering.test(line))).toEqual([])
    const [first] = text.split("\n").map((line) => JSON.parse(line) as { message: string })
    expect(first?.message).toEndWith(hostile)
  })

  test("has no terminal escapes in the sentence that a process ends with", () => {
    const failure = new Failure({ reason: "unavailable", message: `the broker said ${hostile}` })
    expect(processExitOf(Cause.fail(failure)).sentence).not.toMatch(steering)
    expect(processExitOf(Cause.die(new Error(hostile))).sentence).not.toMatch(steering)
  })

  test("shows values, causes and annotations, and no secrets", async () => {
    const text = await logged(
      prettyLogger(false),
      Effect.logError("it failed", { tries: 3 }, Cause.fail("why")).pipe(
        Effect.annotateLogs({ actor: "bridge", token: Redacted.make("secret") })
      )
    )
    expect(text).toMatch(/^\[[\d:.]{12}\] ERROR \(#\d+\): it failed\n/)
    for (const part of ["why", "tries: 3", "\n  actor: bridge", "\n  token: "]) expect(text).toContain(part)
    expect(text).not.toContain("secret")
  })
})
