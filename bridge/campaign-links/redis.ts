/**
 * Campaign links in Redis or Valkey, a single server or a cluster. The connection lives as long as the scope.
 *
 * LINKS_KEY is a hash of id → JSON; `:ids`, in the same slot, is a sorted set of the ids, for listing.
 */
import { Effect, type Redacted, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect, type Reply } from "../redis/connection.ts"
import { makeWriter } from "../redis/writer.ts"
import type { CampaignLinks } from "./service.ts"
import { limitReached, linkOfText, pageOf, textOfLink } from "./stored.ts"

/** KEYS: links, ids · ARGV: id, JSON, limit of links · returns created, replaced or full. */
export const putScript = `
local isNew = redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0
if isNew and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return isNew and 'created' or 'replaced'
`

/** KEYS: links, ids · ARGV: id · returns 1 when the link existed. */
export const removeScript = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
`

/** KEYS: links, ids · ARGV: start, limit · returns ids and texts alternately. */
const listScript = `
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  found[#found + 1] = id
  found[#found + 1] = redis.call('HGET', KEYS[1], id) or ''
end
return found
`

export interface RedisLinksSettings {
  readonly url: Redacted.Redacted<string>
  /** The key of the hash. */
  readonly key: string
  readonly maxLinks: number
}

/** Opens the store; an unreachable server does not prevent it. Fails with `misconfigured` for an invalid URL. */
export const redisLinks = Effect.fnUntraced(function* (
  { url, key, maxLinks }: RedisLinksSettings,
  options?: ConnectOptions
): Effect.fn.Return<CampaignLinks["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const tagged = /\{[^}]+\}/.test(key) ? key : `{${key}}`
  const keys = [key, `${tagged}:ids`]
  const writer = makeWriter(connection, tagged, yield* Effect.scope, options?.commandTimeout)
  const put = writer.script(putScript)
  const remove = writer.script(removeScript)
  const list = connection.script(listScript)

  return {
    put: Effect.fnUntraced(function* (link) {
      const outcome = String(yield* put(keys, [link.id, textOfLink(link), maxLinks]))
      if (outcome === "full") return yield* limitReached(maxLinks)
      return outcome === "created" ? "created" : "replaced"
    }),
    get: (id) =>
      Effect.map(connection.command("HGET", key, id), (text) =>
        text === null ? undefined : linkOfText(String(text))
      ),
    list: (after, limit) =>
      Effect.map(list(keys, [after === undefined ? "-" : `(${after}`, limit + 1]), (reply) =>
        pageOf(pairsOf(reply), limit)
      ),
    remove: (id) => Effect.map(remove(keys, [id]), (removed) => removed === 1)
  }
})

const pairsOf = (reply: Reply) => {
  const texts = Array.isArray(reply) ? reply.map(String) : []
  return texts.flatMap((id, place) => (place % 2 === 0 ? [{ id, text: texts[place + 1] ?? "" }] : []))
}
