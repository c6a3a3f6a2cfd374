/**
 * What a Redis server can promise, looked at once at the start and said in the log: whether it may delete events,
 * and how much of what it acknowledged it may lose when it ends. A server that hides this is left alone.
 */
import { Effect, Option } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { Argument, RedisConnection, Reply } from "../redis.ts"
import type { QueueKeys } from "./redis.ts"

/** Fails only for what can never work: keys of one queue in different slots of a cluster. */
export const lookAt: (connection: RedisConnection, keys: QueueKeys) => Effect.Effect<void, Failure> =
  Effect.fnUntraced(function* (connection, keys) {
    const ask = (name: string, ...args: ReadonlyArray<Argument>) =>
      Effect.option(connection.command(name, ...args))
    const info = facts(yield* ask("INFO"))
    const where = `Redis at ${connection.address}`

    const policy = info.get("maxmemory_policy") ?? "noeviction"
    if (info.get("maxmemory") !== "0" && policy !== "noeviction")
      yield* Effect.logWarning(
        `${where} may delete events when its memory is full: maxmemory-policy is ${policy}, set it to noeviction.`
      )

    if (info.get("aof_enabled") === "0")
      yield* Effect.logWarning(
        `${where} keeps no log on disk: when it ends, events since its last snapshot (if it makes any) are lost. Set appendonly to yes.`
      )
    if (info.get("aof_enabled") === "1") {
      const fsync = text(Option.getOrUndefined(yield* ask("CONFIG", "GET", "appendfsync")), 1)
      if (fsync !== "always")
        yield* Effect.logInfo(
          `${where} writes to disk ${fsync === "no" ? "when the operating system likes" : "every second"}: a power failure may lose what it acknowledged since. With appendfsync always it loses nothing.`
        )
    }

    if (info.get("cluster_enabled") !== "1") return
    const slots = yield* Effect.forEach(Object.values(keys), (key) => ask("CLUSTER", "KEYSLOT", key))
    if (new Set(slots.filter(Option.isSome).map((slot) => slot.value)).size > 1)
      return yield* new Failure({
        reason: "unreadable",
        message: `${where} is a cluster, and QUEUE_KEY (${keys.list}) and DEAD_LETTER_KEY (${keys.deadLetters}) lie in different slots of it: give both the same tag, such as {${tag(keys.list)}}:invalid for the dead letters.`
      })
  })

/** The lines `name:value` of an INFO reply. */
const facts = (reply: Option.Option<Reply>): ReadonlyMap<string, string> =>
  new Map(
    (text(Option.getOrUndefined(reply)) ?? "")
      .split("\r\n")
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)])
  )

/** A text reply, or the text at `place` of a list of them. */
const text = (reply: Reply | undefined, place?: number): string | undefined => {
  const one = Array.isArray(reply) && place !== undefined ? reply[place] : reply
  return one instanceof Uint8Array ? one.toString() : undefined
}

const tag = (key: string): string => /\{([^}]+)\}/.exec(key)?.[1] ?? key
