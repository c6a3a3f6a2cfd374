/**
 * Runs a command for people: reads its command line and its settings (as the actors do), runs it to its end, and
 * prints an error as one sentence. Every such command has `--local`.
 */
import { Effect, Layer, Logger, References, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import type { Setting } from "../../contracts/setting.ts"
import { useLocalTimes } from "../inspect/plain-text.ts"
import { environmentLayer } from "../runtime/environment.ts"
import { inertText } from "../runtime/escape-controls.ts"
import { switchFlag } from "./command-line/flags.ts"
import { runCommandLine } from "./command-line/run.ts"
import { settingsHelp } from "./help.ts"

/**
 * Runs the command with the settings that it reads, and ends the process.
 *
 * @example
 * const depth = Command.make(
 *   "depth",
 *   { json: switchFlag("json", "Print one line of JSON") },
 *   handler(({ json }) => Effect.as(print(json ? "[1]" : "1 line"), 0))
 * ).pipe(Command.withDescription("Prints how many lines wait."))
 * await runCommand(depth, ingestQueue.settings)
 */
export const runCommand = <Name extends string, Input, ContextInput, E>(
  command: Command.Command<Name, Input, ContextInput, E, Scope.Scope | Command.Environment>,
  settings: ReadonlyArray<Setting<unknown>>
): Promise<void> =>
  runCommandLine(
    command.pipe(
      Command.withSharedFlags({ local }),
      Command.provide(Layer.mergeAll(quietLayer, environmentLayer(settings.map(({ name }) => name))))
    ),
    (text) => Effect.succeed(`${text}\n\n${settingsHelp(settings)}`)
  )

const local = switchFlag(
  "local",
  "Show times in the time zone of this machine, not in UTC (not in --json)"
).pipe(
  Flag.mapEffect((isLocal) =>
    Effect.sync(() => {
      if (isLocal) useLocalTimes()
    })
  )
)

/** Warnings of a connection's start concern the actors; a command prints errors only, on standard error. */
const quietLayer = Layer.mergeAll(
  Logger.layer([Logger.withConsoleError(Logger.map(Logger.formatLogFmt, inertText))]),
  Layer.succeed(References.MinimumLogLevel, "Error")
)
