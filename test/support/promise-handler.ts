/** A command handler for the test tools: an exception is printed with its stack, and the exit code is 1. */
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
