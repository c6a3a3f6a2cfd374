/**
 * The dead letters of a queue on Redis: added, read, replayed and discarded in place. A dead letter is identified by its exact
 * text; of several with the same text, one near an end of the list is taken, because the search begins at both ends.
 *
 * `:replays` is a sorted set of the replays within a week: `<sha1 of the line> <number of the replay>` → time. As in
 * scripts.ts, the first write of a script only removes, and everything that could fail is read before.
 */
import { Effect } from "effect"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { RedisConnection } from "../../redis/connection.ts"
import type { RedisWriter } from "../../redis/writer.ts"
import { toBuffer } from "../batch-blob.ts"
import { deadLetterText, replayMemoryMs, storedDeadLetter } from "../dead-letter-json.ts"
import { goneName } from "../ledger-fields.ts"
import { pushMemoryMs } from "../push-limits.ts"
import type { DeadLetterList, StoredDeadLetter } from "../service.ts"
import { pushedKey, type QueueKeys } from "./keys.ts"
import { ledgerLua } from "./ledger.ts"

/** Entries at each end that are searched first. */
const firstReach = 1_000

/**
 * Removes one dead letter with that text and returns the number removed. The search extends from both ends: people work on
 * the newest or the oldest dead letters, and there may be many others.
 */
const take = `
local function take(dead_letters, text)
  local length, reach = redis.call('LLEN', dead_letters), ${firstReach}
  while true do
    if redis.call('LPOS', dead_letters, text, 'RANK', -1, 'MAXLEN', reach) then
      return redis.call('LREM', dead_letters, -1, text)
    end
    if reach >= length then return 0 end
    if redis.call('LPOS', dead_letters, text, 'MAXLEN', reach) then return redis.call('LREM', dead_letters, 1, text) end
    reach = reach * 4
  end
end
`

/** KEYS: dead-letters, list, ledger, replays · ARGV: text, line, allowed replays, field of the ledger · returns the outcome. */
export const replayScript = `${take}
local dead_letters, list, ledger, replays = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local text, line, allowed, name = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local clock = redis.call('TIME')
local time = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('LLEN', list)
redis.call('HGET', ledger, name)

local sha, free = redis.sha1hex(line), nil
for nth = 1, allowed do
  local at = redis.call('ZSCORE', replays, sha .. ' ' .. nth)
  if not at or tonumber(at) <= time - ${replayMemoryMs} then
    free = sha .. ' ' .. nth
    break
  end
end
if not free then return 'too often' end

if take(dead_letters, text) == 0 then return 'gone' end
redis.call('RPUSH', list, line)
redis.pcall('HINCRBY', ledger, 'pushed', 1)
redis.pcall('HINCRBY', ledger, name, 1)
redis.call('ZREMRANGEBYSCORE', replays, '-inf', time - ${replayMemoryMs})
redis.call('ZADD', replays, time, free)
redis.call('PEXPIRE', replays, ${replayMemoryMs})
return 'done'
`

/** KEYS: dead-letters, ledger, claimed, key of the id · ARGV: text, topic · returns 1 when it was added, 0 when it was before. */
export const addScript = `${ledgerLua}
local dead_letters, ledger, claimed, id, topic = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[2]
if redis.call('EXISTS', id) == 1 then return 0 end
redis.call('LLEN', dead_letters)
local earlier = before_counting(ledger, claimed)
redis.call('SET', id, 1, 'PX', ${pushMemoryMs})
redis.call('RPUSH', dead_letters, ARGV[1])
local clock = redis.call('TIME')
begin(ledger, earlier, clock[1] * 1000 + math.floor(clock[2] / 1000))
for _, name in ipairs({'pushed', 'taken', 'received:' .. topic, 'dead:' .. topic}) do add(ledger, name, 1) end
return 1
`

/** KEYS: dead-letters, ledger · ARGV: text, field of the ledger · returns 1 when the dead letter existed. */
export const discardScript = `${take}
redis.call('HGET', KEYS[2], ARGV[2])
if take(KEYS[1], ARGV[1]) == 0 then return 0 end
redis.pcall('HINCRBY', KEYS[2], ARGV[2], 1)
return 1
`

/** The dead letters of the queue with these keys. */
export const redisDeadLetters = (
  connection: RedisConnection,
  writer: RedisWriter,
  prefix: string,
  keys: QueueKeys
): DeadLetterList => {
  const replay = writer.script(replayScript)
  const discard = writer.script(discardScript)
  const add = writer.script(addScript)
  const remove = (letter: StoredDeadLetter, kind: "replayed" | "discarded") =>
    discard([keys.deadLetters, keys.ledger], [toBuffer(letter.text), goneName(letter, kind)]).pipe(
      Effect.map((reply) => reply === 1)
    )
  return {
    read: (from, count) =>
      count < 1
        ? Effect.succeed([])
        : connection
            .command("LRANGE", keys.deadLetters, from, from + count - 1)
            .pipe(
              Effect.map((texts) =>
                Array.isArray(texts) ? texts.map((text) => storedDeadLetter(byteStringOf(text))) : []
              )
            ),
    replay: (letter, line, allowed) =>
      replay(
        [keys.deadLetters, keys.list, keys.ledger, keys.replays],
        [toBuffer(letter.text), toBuffer(line), allowed, goneName(letter, "replayed")]
      ).pipe(
        Effect.map((reply) => {
          const outcome = String(reply)
          return outcome === "done" || outcome === "too often" ? outcome : "gone"
        })
      ),
    discard: (letter) => remove(letter, "discarded"),
    add: (letter, once) =>
      Effect.asVoid(
        add(
          [keys.deadLetters, keys.ledger, keys.claimed, pushedKey(prefix, once)],
          [deadLetterText(letter), letter.topic]
        )
      ),
    take: (letter) => remove(letter, "replayed")
  }
}
