/** Scripts on Redis: how they are run, and how they are sent, by their hash, and with their text when the server does not know it. */
import { createHash } from "node:crypto"
import type { Effect } from "effect"
import type { Bytes } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Argument, Command, Reply } from "./types.ts"

/** Runs one prepared script on the keys it declares; sends its text again when the server has forgotten it. */
export type Script = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>
) => Effect.Effect<Reply, Failure>

/** As `Script`, for many arguments that are bytes; they must be done within `limit` milliseconds, or it is a `timeout`. */
export type BytesScript = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Bytes>,
  limit: number
) => Effect.Effect<Reply, Failure>

/** Answers both; undefined for the command behind the script when only that failed. */
export type ScriptAnd = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>,
  behind: Command
) => Effect.Effect<readonly [Reply, Reply | undefined], Failure>

/** What sends a script of that text; `send` may be called twice. */
export const prepare = (lua: string) => {
  const sha = createHash("sha1").update(lua).digest("hex")
  return <A>(
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<Argument>,
    send: (command: Command) => Promise<A>
  ): Promise<A> =>
    send(["EVALSHA", sha, keys.length, ...keys, ...args]).catch((error: unknown) => {
      if (refusal(error) !== "NOSCRIPT") throw error
      return send(["EVAL", lua, keys.length, ...keys, ...args])
    })
}

/** The code of an error that the server answered: its first word. */
export const refusal = (error: unknown): string | undefined =>
  error instanceof Error && error.name === "ReplyError" ? error.message.split(" ", 1)[0] : undefined
