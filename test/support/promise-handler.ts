/** A handler for the commands of the tests: an error that is thrown is printed with its stack and ends with exit code 1. */
import { Effect } from "effect"
import { handler } from "../../actors/commands/command-line/run.ts"

export const promiseHandler = <Input>(run: (input: Input) => Promise<number>) =>
  handler((input: Input) =>
    Effect.promise(() =>
      run(input).catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        return 1
      })
    )
  )
