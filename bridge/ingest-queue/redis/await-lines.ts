/**
 * Waits until the queue on Redis has lines, without asking again and again: Redis replies when somebody pushes, whatever
 * client that is. The wait blocks its connection, so it has one of its own, which opens at the first wait and closes with
 * the scope of the queue.
 *
 * The command moves the first line of the list to the first place of the same list, which changes nothing. So it is safe
 * however late it runs, and no line depends on its reply.
 */
import { Effect, type Redacted, Scope } from "effect"
import { type ConnectOptions, connect } from "../../redis/connection.ts"
import type { QueueSource } from "../service.ts"

/** The pause when Redis cannot wait: it is unreachable, out of memory, or does not allow the command. Milliseconds. */
const pauseMs = 50

/** The longest wait of one command, and how much longer its reply may take, milliseconds. */
const longestMs = 10_000
const marginMs = 3_000

/** `awaitLines` of a queue whose lines are in `list`. */
export const redisAwaitLines = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  list: string,
  options: ConnectOptions = {}
): Effect.fn.Return<QueueSource["awaitLines"], never, Scope.Scope> {
  const scope = yield* Effect.scope
  const own = { ...options, quiet: true, startTimeout: 0, commandTimeout: longestMs + marginMs }
  const connection = yield* Effect.cached(Effect.uninterruptible(Scope.provide(connect(url, own), scope)))
  return (milliseconds) =>
    Effect.flatMap(connection, ({ command }) =>
      command("BLMOVE", list, list, "LEFT", "LEFT", Math.min(milliseconds, longestMs) / 1_000)
    ).pipe(
      Effect.asVoid,
      Effect.catch(() => Effect.sleep(Math.min(milliseconds, pauseMs)))
    )
})
