/** Scripts on Redis: how they are run, and how they are sent, by their hash, and with their text when the server does not know it. */
import { createHash } from "node:crypto"
import type { Argument, Command } from "./types.ts"

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
