/** Finds an event in flight in the queue on Redis: the batch, or the part of one, that contains it. */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { RedisConnection, Reply } from "../../redis/connection.ts"
import { unpack } from "../batch-blob.ts"
import type { EventInFlight, QueueSource } from "../service.ts"
import type { QueueKeys } from "./keys.ts"

/** KEYS: claimed, leases, attempts · ARGV: batch, place · returns {attempts and owner, until, batch blob} or nil. */
const findScript = `
local claimed, leases, attempts, id, place = KEYS[1], KEYS[2], KEYS[3], ARGV[1], tonumber(ARGV[2])

local function key_of()
  if redis.call('HEXISTS', claimed, id) == 1 then return id end
  for _, key in ipairs(redis.call('HKEYS', claimed)) do
    local first, last = string.match(key, ':(%d+)%-(%d+)$')
    if first and string.sub(key, 1, #id + 1) == id .. ':' and place >= tonumber(first) and place <= tonumber(last) then
      return key
    end
  end
end

local key = key_of()
if not key then return false end
return {redis.call('HGET', attempts, key) or '', redis.call('ZSCORE', leases, key) or '0', redis.call('HGET', claimed, key)}
`

/** Finds events of the queue with these keys. */
export const redisFind = (connection: RedisConnection, keys: QueueKeys): QueueSource["find"] => {
  const find = connection.script(findScript)
  return (id, index) =>
    find([keys.claimed, keys.leases, keys.attempts], [id, index]).pipe(
      Effect.flatMap((reply) =>
        Effect.try({
          try: () => (Array.isArray(reply) ? read(reply, index) : undefined),
          catch: (error) => new Failure({ reason: "unreadable", message: String(error) })
        })
      )
    )
}

const read = ([record, until, blob]: ReadonlyArray<Reply>, index: number): EventInFlight | undefined => {
  if (!(blob instanceof Uint8Array)) return undefined
  const { first, lines, claimed } = unpack(blob)
  const line = lines[index - first]
  if (line === undefined) return undefined
  const [attempts, owner = ""] = String(record).split(" ")
  return { line, claimed, attempts: Number(attempts), until: Number(until), isClaimed: owner !== "" }
}
