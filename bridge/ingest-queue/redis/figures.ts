/**
 * The figures' lease of a queue on Redis: the key `:figures` with its holder, which expires with the lease. As in scripts.ts,
 * the first write of the script only removes, so that a Redis whose memory is full still has a holder who says so.
 */
import { Effect } from "effect"
import type { Reply } from "../../redis/connection.ts"
import type { RedisWriter } from "../../redis/writer.ts"
import type { FiguresLease, HeldFigures } from "../service.ts"
import type { QueueKeys } from "./keys.ts"

/**
 * KEYS: figures, list, claimed, dead-letters, ledger · ARGV: holder, lease (ms; 0 ends it) · returns nil when another holder
 * has the lease, else {used memory, maximum, waiting, batches, dead letters, fields of the ledger}. On a cluster, INFO in
 * a script is answered by the server that has the queue.
 */
const holdScript = `
local figures, list, claimed, dead_letters, ledger = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local holder, lease = ARGV[1], tonumber(ARGV[2])
local owner = redis.call('GET', figures)
if owner and owner ~= holder then return false end
local info = redis.pcall('INFO', 'memory')
local function memory(name)
  return type(info) == 'string' and tonumber(string.match(info, name .. ':(%d+)')) or 0
end
local held = {memory('used_memory'), memory('maxmemory'), redis.call('LLEN', list), redis.call('HLEN', claimed),
  redis.call('LLEN', dead_letters), redis.call('HGETALL', ledger)}
redis.call('DEL', figures)
if lease > 0 then redis.call('SET', figures, holder, 'PX', lease) end
return held
`

/** The figures' lease of the queue with these keys. */
export const redisFigures = (writer: RedisWriter, keys: QueueKeys): FiguresLease => {
  const hold = writer.script(holdScript)
  const all = [keys.figures, keys.list, keys.claimed, keys.deadLetters, keys.ledger]
  return {
    hold: (holder, leaseMs) => Effect.map(hold(all, [holder, Math.ceil(leaseMs)]), heldIn),
    release: (holder) => Effect.asVoid(hold(all, [holder, 0]))
  }
}

const heldIn = (reply: Reply): HeldFigures | undefined => {
  if (!Array.isArray(reply)) return undefined
  const [used, max, ...content] = reply
  return { memoryUsed: Number(used), memoryMax: Number(max), revision: content.flat().join(" ") }
}
