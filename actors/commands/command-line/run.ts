/**
 * Reads a command line with `effect/cli`, runs its command, and ends the process with the exit code of the handler: 0 for
 * success, 1 otherwise; or with 64 for an invalid command line, 78 for invalid settings.
 */
import { Cause, Effect, Exit, FileSystem, Layer, Path, type Scope, Stdio, Terminal } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { ChildProcessSpawner } from "effect/process"
import packageJson from "../../../package.json" with { type: "json" }
import { processExitOf } from "../../runtime/exit-code.ts"
import { type CompleteHelp, presenterWith } from "./presenter.ts"
import { printError } from "./print.ts"

/** A handler of a command: does its work and returns the exit code. */
export const handler =
  <Input, E, R>(work: (input: Input) => Effect.Effect<number, E, R>) =>
  (input: Input): Effect.Effect<void, E, R> =>
    Effect.map(work(input), (code) => {
      process.exitCode = code
    })

/** Runs the command and ends the process. `complete` adds to its help. */
export const runCommandLine = async <Name extends string, Input, ContextInput, E>(
  command: Command.Command<Name, Input, ContextInput, E, Scope.Scope | Command.Environment>,
  complete: CompleteHelp = Effect.succeed
): Promise<void> => {
  // The reader of the output may close it at any time (`| head`).
  process.stdout.once("error", () => process.exit(0))
  const exit = await Effect.runPromiseExit(
    commandLine(command, process.argv.slice(2)).pipe(
      Effect.provide(CliOutput.layerPresenter(presenterWith(complete)))
    )
  )
  if (Exit.isSuccess(exit)) process.exit()
  const error = Cause.squash(exit.cause)
  const isMisuse = CliError.isCliError(error)
  const { sentence, code } = processExitOf(exit.cause)
  // A `ShowHelp` has been presented.
  if (!isMisuse || error._tag !== "ShowHelp") await Effect.runPromise(printError(`spoor: ${sentence}`))
  process.exit(isMisuse ? 64 : code)
}

/** Runs the command with these arguments. Prints the error of invalid arguments, and fails with a `CliError`. */
export const commandLine = <Name extends string, Input, ContextInput, E>(
  command: Command.Command<Name, Input, ContextInput, E, Scope.Scope | Command.Environment>,
  args: ReadonlyArray<string>
) =>
  Command.runWith(command, { version: packageJson.version })(args).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.merge(
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
        unusedPlatform
      )
    )
  )

const unused = Effect.die("no command uses prompts, paths or programs of effect/cli")

/** Services that `effect/cli` requires for prompts, paths and its wizard, which no command uses. */
const unusedPlatform = Layer.mergeAll(
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: unused,
      rows: unused,
      size: unused,
      readInput: unused,
      readLine: unused,
      display: () => unused
    })
  ),
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => unused)
  )
)
