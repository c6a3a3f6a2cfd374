/** Writes lines to standard output and standard error; each write completes before the next begins. */
import { Effect } from "effect"

/** The output: for people, or for programs with `--json`. */
export const print = (text: string): Effect.Effect<void> => write(process.stdout, text)

/** Hints and errors, on standard error. */
export const printError = (text: string): Effect.Effect<void> => write(process.stderr, text)

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    stream.write(`${text}\n`, () => resume(Effect.void))
  })
