/** Reads arguments with the options of a command: returns its input, or the error as one sentence. */
import { Cause, Effect, Exit } from "effect"
import { type CliError, CliOutput, Command } from "effect/cli"
import { TestClock } from "effect/testing"
import { errorText } from "../../../actors/commands/command-line/error-text.ts"
import { commandLine } from "../../../actors/commands/command-line/run.ts"

/** The time of reading, milliseconds since 1970. */
export const now = Date.parse("2026-11-20T12:00:00Z")

type Check<Input> = (input: Input) => Effect.Effect<void, CliError.CliError>

const parse = async <const Options extends Command.Command.Config>(
  options: Options,
  args: ReadonlyArray<string>,
  check: Check<Command.Command.Config.Infer<Options>>
) => {
  let input: Command.Command.Config.Infer<Options> | undefined
  let error: string | undefined
  const command = Command.make("command", options, (parsed) =>
    Effect.sync(() => {
      input = parsed
    })
  ).pipe(Command.validate((parsed) => check(parsed)))
  const recording = CliOutput.layerPresenter({
    present: (event) =>
      Effect.sync(() => {
        if (event._tag !== "InvalidInvocation") throw new Error(`not expected: ${event._tag}`)
        error = event.errors.map((one) => errorText(one, event.helpDoc))[0]
      })
  })
  const exit = await TestClock.setTime(now).pipe(
    Effect.andThen(commandLine(command, args)),
    Effect.provide([recording, TestClock.layer()]),
    Effect.runPromiseExit
  )
  if (Exit.isFailure(exit) && Exit.hasDies(exit)) throw Cause.squash(exit.cause)
  return { input, error }
}

export const inputOf = async <const Options extends Command.Command.Config>(
  options: Options,
  args: ReadonlyArray<string>,
  check: Check<Command.Command.Config.Infer<Options>> = () => Effect.void
): Promise<Command.Command.Config.Infer<Options>> => {
  const { input, error } = await parse(options, args, check)
  if (input === undefined) throw new Error(error)
  return input
}

export const errorOf = async <const Options extends Command.Command.Config>(
  options: Options,
  args: ReadonlyArray<string>,
  check: Check<Command.Command.Config.Infer<Options>> = () => Effect.void
): Promise<string | undefined> => (await parse(options, args, check)).error
