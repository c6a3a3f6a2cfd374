/** How a process logs: JSON lines for machines, readable lines on a terminal; the actor's name is on each. */
import { Effect, Layer, Logger, References } from "effect"
import { readAll } from "../../contracts/setting.ts"
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
    return Layer.mergeAll(
      Logger.layer([(yield* isForPeople) ? Logger.consolePretty() : jsonLogger]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel)
    )
  })
)
