/**
 * How a process logs: JSON lines for machines, readable lines on a terminal; the actor's name is on each. Whatever texts
 * of others are in it, a log steers no terminal.
 */
import { inspect } from "node:util"
import { Cause, Effect, Layer, Logger, References } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { inertText } from "./escape-controls.ts"
import { jsonLogger } from "./json-log.ts"
import { logFormat, logLevel } from "./settings.ts"

/** Does this process write for people (LOG_FORMAT)? Otherwise all that it writes on standard output are JSON lines. */
export const isForPeople = Effect.map(readAll({ logFormat }), (settings) =>
  settings.logFormat === "auto" ? process.stdout.isTTY === true : settings.logFormat === "pretty"
)

/** The loggers and the least level, from LOG_FORMAT and LOG_LEVEL. */
export const loggingLayer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* readAll({ logLevel })
    const isTerminal = process.stdout.isTTY === true
    const pretty = Logger.withConsoleLog(prettyLogger(isTerminal))
    return Layer.mergeAll(
      Logger.layer([(yield* isForPeople) ? pretty : jsonLogger]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel)
    )
  })
)

const colors: Readonly<Record<string, string>> = {
  Fatal: "41;37",
  Error: "31",
  Warn: "33",
  Info: "32",
  Debug: "34",
  Trace: "35"
}

/** `[time] LEVEL: message`, then its cause, further values and annotations, one on each line. */
export const prettyLogger = (isColoured: boolean): Logger.Logger<unknown, string> => {
  const inColour = (text: string, code: string): string =>
    isColoured ? `\u001b[${code}m${text}\u001b[0m` : text

  return Logger.make(({ cause, date, fiber, logLevel, message }) => {
    const [first, ...more] = Array.isArray(message) ? (message as ReadonlyArray<unknown>) : [message]
    const time = date.toTimeString().slice(0, 8)
    const milliseconds = String(date.getMilliseconds()).padStart(3, "0")
    const level = inColour(logLevel.toUpperCase(), colors[logLevel] ?? "0")
    const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations))
    return [
      `[${time}.${milliseconds}] ${level} (#${fiber.id}): ${inColour(shown(first), "1;36")}`,
      ...(cause.reasons.length > 0 ? [`  ${inertText(Cause.pretty(cause))}`] : []),
      ...more.map((value) => `  ${shown(value)}`),
      ...annotations.map(([name, value]) => `  ${inertText(name)}: ${shown(value)}`)
    ].join("\n")
  })
}

const shown = (value: unknown): string =>
  inertText(typeof value === "string" ? value : inspect(value, { depth: 6 }))
