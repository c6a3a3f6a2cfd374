/**
 * The loggers of a process: JSON lines, or readable lines on a terminal; each line has the actor's name. Control
 * characters are escaped, so that logged text from outside cannot control a terminal.
 */
import { inspect } from "node:util"
import { Cause, Console, Effect, Layer, Logger, References } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { inertText } from "./escape-controls.ts"
import { jsonLogger } from "./json-log.ts"
import { logFormat, logLevel } from "./settings.ts"

/** Whether this process logs for people (LOG_FORMAT); otherwise standard output has only JSON lines. */
export const isForPeople = Effect.map(readAll({ logFormat }), (settings) =>
  settings.logFormat === "auto" ? process.stdout.isTTY === true : settings.logFormat === "pretty"
)

/** The logger and the minimum level, from LOG_FORMAT and LOG_LEVEL. */
export const loggingLayer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* readAll({ logLevel })
    const isTerminal = process.stdout.isTTY === true
    const pretty = Logger.withConsoleLog(prettyLogger(isTerminal))
    return Layer.mergeAll(
      Logger.layer([(yield* isForPeople) ? pretty : jsonLogger]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel),
      Layer.succeed(Console.Console, survivingConsole)
    )
  })
)

const terminal = Console.Console.defaultValue()

/** The console; a line that cannot be written is lost: Deno throws when the terminal has been closed, and a process goes on. */
const survivingConsole: Console.Console = Object.assign(Object.create(terminal), {
  log: (...values: ReadonlyArray<unknown>) => {
    try {
      terminal.log(...values)
    } catch {
      // Nobody can read it.
    }
  }
})

const colors: Readonly<Record<string, string>> = {
  Fatal: "41;37",
  Error: "31",
  Warn: "33",
  Info: "32",
  Debug: "34",
  Trace: "35"
}

/** `[time] LEVEL: message`, then its cause, further values and annotations, one a line. */
export const prettyLogger = (hasColours: boolean): Logger.Logger<unknown, string> => {
  const inColour = (text: string, code: string): string =>
    hasColours ? `\u001b[${code}m${text}\u001b[0m` : text

  return Logger.make(({ cause, date, fiber, logLevel, message }) => {
    const [first, ...more] = Array.isArray(message) ? (message as ReadonlyArray<unknown>) : [message]
    const time = date.toTimeString().slice(0, 8)
    const milliseconds = String(date.getMilliseconds()).padStart(3, "0")
    const level = inColour(logLevel.toUpperCase(), colors[logLevel] ?? "0")
    const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations))
    return [
      `[${time}.${milliseconds}] ${level} (#${fiber.id}): ${inColour(display(first), "1;36")}`,
      ...(cause.reasons.length > 0 ? [`  ${inertText(Cause.pretty(cause))}`] : []),
      ...more.map((value) => `  ${display(value)}`),
      ...annotations.map(([name, value]) => `  ${inertText(name)}: ${display(value)}`)
    ].join("\n")
  })
}

const display = (value: unknown): string =>
  inertText(typeof value === "string" ? value : inspect(value, { depth: 6 }))
