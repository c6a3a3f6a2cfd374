/**
 * How a command lives: reads its command line and its settings (as the actors do), runs to its end, and says what went
 * wrong in one sentence. It ends with what it returns, 0 when all is well and 1 when it is not; with 64 for a command
 * line that makes no sense, with 78 for settings that cannot work.
 */
import { type Config, Effect, Exit, Layer, Logger, References, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"
import { useLocalTimes } from "../inspect/plain-text.ts"
import { environmentLayer } from "../runtime/environment.ts"
import { inertText } from "../runtime/escape-controls.ts"
import { processExitOf } from "../runtime/exit-code.ts"
import { settingLine } from "./help.ts"

/** A command line that makes no sense; the message is a sentence for the person who wrote it. */
export class WrongUse extends Error {}

export type Command = Effect.Effect<number, Failure | Config.ConfigError, Scope.Scope>

export interface CommandOf {
  /** What `--help` prints. */
  readonly usage: string
  readonly settings: ReadonlyArray<Setting<unknown>>
  /** What the command line asks for, "help" for the usage. Throws `WrongUse`, or what `parseArgs` throws. */
  readonly read: () => Command | "help"
}

/** Runs it and ends the process. */
export const runCommand = async ({ usage, settings, read }: CommandOf): Promise<void> => {
  // Whoever reads the output may stop at any moment (`| head`).
  process.stdout.once("error", () => process.exit(0))
  if (takeLocal()) useLocalTimes()
  const asked = attempt(read)
  if (asked instanceof Error) return end(`spoor: ${asked.message}\n${hint(usage)}`, 64)
  if (asked === "help") {
    await Effect.runPromise(say(`${usage}\n${localText}\n\n${settingsText(settings)}`))
    process.exit(0)
  }
  const exit = await Effect.runPromiseExit(
    asked.pipe(
      Effect.scoped,
      Effect.provide(quietLayer),
      Effect.provide(environmentLayer(settings.map(({ name }) => name)))
    )
  )
  if (Exit.isSuccess(exit)) process.exit(exit.value)
  const { sentence, code } = processExitOf(exit.cause)
  return end(`spoor: ${sentence}`, code)
}

/** `--local` is every command's; takes it off the command line. */
const takeLocal = (): boolean => {
  const place = process.argv.indexOf("--local", 2)
  const end = process.argv.indexOf("--")
  if (place === -1 || (end !== -1 && place > end)) return false
  process.argv.splice(place, 1)
  return true
}

/** For people, or for programs with `--json`. */
export const say = (text: string): Effect.Effect<void> => write(process.stdout, text)

/** Hints and troubles, beside the output. */
export const note = (text: string): Effect.Effect<void> => write(process.stderr, text)

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    stream.write(`${text}\n`, () => resume(Effect.void))
  })

const end = async (sentence: string, code: number): Promise<void> => {
  await Effect.runPromise(note(sentence))
  process.exit(code)
}

const attempt = (read: CommandOf["read"]): Command | "help" | Error => {
  try {
    return read()
  } catch (problem) {
    if (problem instanceof WrongUse) return problem
    if (problem instanceof TypeError && "code" in problem) return problem
    throw problem
  }
}

const localText = "With --local times are told in the zone of this machine, not in UTC (not in --json)."

/** The usage without its explanations. */
const hint = (usage: string): string => usage.split("\n\n")[0] ?? usage

const settingsText = (settings: ReadonlyArray<Setting<unknown>>): string =>
  [
    "Settings (environment, as for the actors; each also from a file named in <NAME>_FILE):",
    ...Array.from(new Set(settings), settingLine)
  ].join("\n")

/** What the seams find worth a warning at a start is the actors' affair; only errors are said, beside the output. */
const quietLayer = Layer.mergeAll(
  Logger.layer([Logger.withConsoleError(Logger.map(Logger.formatLogFmt, inertText))]),
  Layer.succeed(References.MinimumLogLevel, "Error")
)
