/** How a process logs: JSON lines for machines, readable lines on a terminal; the actor's name is on each. */
import { Effect, Layer, Logger, References } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { logFormat, logLevel } from "./settings.ts"

/** The loggers and the least level, from LOG_FORMAT and LOG_LEVEL. */
export const loggingLayer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* readAll({ logFormat, logLevel })
    const isPretty =
      settings.logFormat === "auto" ? process.stdout.isTTY === true : settings.logFormat === "pretty"
    return Layer.mergeAll(
      Logger.layer([isPretty ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel)
    )
  })
)
