/** Settings: usual spellings are accepted, and any other value is an error with an example. */
import { describe, expect, test } from "bun:test"
import { type Config, ConfigProvider, Duration, Effect, Exit } from "effect"
import { loadActors } from "../../actors/all.ts"
import { actorHelp, settingsOf, settingsTable } from "../../actors/commands/help.ts"
import { viewerUrl } from "../../actors/commands/viewer-client.ts"
import { processExitOf } from "../../actors/runtime/exit-code.ts"
import type { Setting } from "../../contracts/setting.ts"
import { choice, count, duration, flag, level, port, size } from "../../contracts/setting-readers.ts"

const exitOf = <A>(config: Config.Config<A>, name: string, text: string) =>
  Effect.runPromiseExit(
    Effect.provide(
      Effect.gen(function* () {
        return yield* config
      }),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env: { [name]: text } }))
    )
  )

const read = async <A>(reader: (name: string) => Config.Config<A>, text: string): Promise<A | string> => {
  const exit = await exitOf(reader("SOME_SETTING"), "SOME_SETTING", text)
  if (Exit.isSuccess(exit)) return exit.value
  const { sentence, code } = processExitOf(exit.cause)
  expect(code).toBe(78)
  return sentence
}

const millis = async (text: string, reader = duration("seconds")) => {
  const got = await read(reader, text)
  return typeof got === "string" ? got : Duration.toMillis(got)
}

describe("readers", () => {
  test("duration", async () => {
    expect(await millis("10s")).toBe(10_000)
    expect(await millis("30")).toBe(30_000)
    expect(await millis("30", duration("milliseconds"))).toBe(30)
    expect(await millis("Infinity", duration("seconds", 0, Number.POSITIVE_INFINITY))).toBe(Infinity)
    expect(await millis("soon")).toBe(
      'SOME_SETTING: "soon" is not a duration. Write for example 10s, 500ms or 5m; a bare number is seconds.'
    )
    expect(await millis("-5s")).toContain('"-5s" is not a duration')
    expect(await millis("0", duration("seconds", 1))).toContain(
      '"0" is below the minimum of 1 ms. Write for example'
    )
    expect(await millis("25d")).toContain('"25d" is longer than 24 days. Write for example')
    expect(await millis("Infinity")).toContain("is longer than 24 days")
  })

  test("size", async () => {
    expect(await read(size(), "64KiB")).toBe(65_536)
    expect(await read(size(), "1MB")).toBe(1_000_000)
    expect(await read(size(), "1048576")).toBe(1_048_576)
    expect(await read(size(0), "0")).toBe(0)
    expect(await read(size(), "0")).toContain('"0" is below the minimum of 1 bytes. Write for example')
    expect(await read(size(), "64k")).toBe(
      'SOME_SETTING: "64k" is not a size. Write for example 65536, 64KiB or 1MB; a bare number is bytes.'
    )
  })

  test("count and port", async () => {
    expect(await read(count(), "5000")).toBe(5000)
    expect(await read(count(), "10_000_000")).toBe(10_000_000)
    expect(await read(count(), "1e6")).toBe(1_000_000)
    expect(await read(count(0), "0")).toBe(0)
    for (const text of ["0", "-1", "1.5", "many", "_1", "1,000", " "])
      expect(await read(count(), text)).toContain("is not a whole number, 1 or more. Write for example 1000.")
    expect(await read(port, "0")).toBe(0)
    expect(await read(port, "70000")).toBe(
      'SOME_SETTING: "70000" is not a whole number, 0 to 65535. Write for example 8080.'
    )
  })

  test("words in any case", async () => {
    const reader = choice(["plain", "scram-sha-256"])
    expect(await read(reader, "SCRAM-SHA-256")).toBe("scram-sha-256")
    expect(await read(reader, " Plain ")).toBe("plain")
    expect(await read(reader, "gssapi")).toBe(
      'SOME_SETTING: "gssapi" is not a valid value. Write plain or scram-sha-256.'
    )
    for (const [text, meant] of [
      ["info", "Info"],
      ["INFO", "Info"],
      ["warning", "Warn"],
      ["debug", "Debug"],
      ["off", "None"]
    ])
      expect(await read(level, text ?? "")).toBe(meant ?? "")
    expect(await read(level, "loud")).toContain('"loud" is not a valid value. Write Trace, Debug, Info,')
    expect(await read(flag, "TRUE")).toBe(true)
    expect(await read(flag, "Off")).toBe(false)
    expect(await read(flag, "maybe")).toBe(
      'SOME_SETTING: "maybe" is neither true nor false. Write true or false.'
    )
  })

  test("a long value, or one with control characters, does not flood or command a terminal", async () => {
    expect(await read(flag, `\u001b[2J${"x".repeat(500)}`)).toBe(
      `SOME_SETTING: "\\u001b[2J${"x".repeat(36)}…" is neither true nor false. Write true or false.`
    )
  })
})

/** Usual spellings of each form of values. */
const written: ReadonlyArray<readonly [form: RegExp, good: ReadonlyArray<string>]> = [
  [/^duration/, ["60s", "1m", "90000ms", "1h 30m", "2 hours"]],
  [/^size/, ["2000", "64KiB", "1MB", "1 GiB"]],
  [/^whole number, 1 to 1024$/, ["5", "1_024"]],
  [/^whole number/, ["5", "10_000"]],
  [/^port/, ["8080"]],
  [/^true or false$/, ["true", "FALSE", "Yes"]],
  [/any case$/, ["info", "ERROR"]]
]

const isConfigError = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "" : processExitOf(exit.cause).sentence

describe("every setting of every actor", async () => {
  const actors = await loadActors()
  const settings: ReadonlyArray<Setting<unknown>> = [...new Set([...actors.flatMap(settingsOf), viewerUrl])]
  const withForm = settings.filter(({ form }) => form !== undefined)

  test("some have each form", () => {
    for (const [form] of written) expect(withForm.some((one) => form.test(one.form ?? ""))).toBe(true)
  })

  test.each(withForm.map((one) => [one.name, one] as const))("%s takes its form", async (name, one) => {
    const form = one.form ?? ""
    const words = form.split(/, | or /)
    const good = written.find(([pattern]) => pattern.test(form))?.[1] ?? [
      ...words,
      ...words.map((word) => word.toUpperCase())
    ]
    for (const text of [one.standard, ...good].filter((text) => text !== ""))
      expect([text, isConfigError(await exitOf(one.config, name, text))]).toEqual([text, ""])
    const refused = isConfigError(await exitOf(one.config, name, "no such thing"))
    expect(refused).toStartWith(`${name}: "no such thing" `)
    expect(refused).toMatch(/ Write .+\.$/)
  })

  test("the printed default equals the default in the code", async () => {
    for (const { name, standard, config, form } of withForm.filter(({ standard }) => standard !== "")) {
      const unset = await exitOf(config, "OTHER", "")
      const asRead = await exitOf(config, name, standard)
      expect([name, form, unset]).toEqual([name, form, asRead])
    }
  })

  test("--help and the README's table contain the forms", () => {
    const gateway = actors.find(({ name }) => name === "gateway")
    if (gateway === undefined) throw new Error("there is no gateway")
    expect(actorHelp(gateway)).toContain("  GATEWAY_BODY_TIMEOUT=10s  (duration; a bare number is seconds)\n")
    expect(actorHelp(gateway)).toContain("  GATEWAY_MAX_BODY=1MiB  (size; a bare number is bytes)\n")
    expect(actorHelp(gateway)).toContain("500ms, 10s, 5m")
    expect(settingsTable(actors)).toContain(
      "| `DRAIN_DELAY` | `500ms` | duration; a bare number is milliseconds |"
    )
  })
})
