/** Runs scripts on Redis: by their hash, and with their text when the server does not have it. */
import { createHash } from "node:crypto"
import type { Argument, Command } from "./types.ts"

/** Returns a function that runs the script; it may call `send` twice. */
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

/** The code of an error reply: its first word. */
export const refusal = (error: unknown): string | undefined =>
  error instanceof Error && error.name === "ReplyError" ? error.message.split(" ", 1)[0] : undefined
