/**
 * The ledger of a queue on Redis: the hash `:ledger` (fields in ledger-fields.ts), the Lua with which the scripts add to it,
 * and the script for an atomic snapshot of it and of the content of the queue.
 */
import type { Buffer } from "node:buffer"
import { Effect } from "effect"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { RedisConnection, Reply } from "../../redis/connection.ts"
import { unpack } from "../batch-blob.ts"
import { ledgerOf } from "../ledger-fields.ts"
import { ageOfLine } from "../line-age.ts"
import type { QueueLedger, QueueSource } from "../service.ts"
import type { QueueKeys } from "./keys.ts"

const counting = String.raw`
-- Returns the number of lines in claimed batches, from the headers of their blobs, and when the oldest was first claimed.
local function lines_in_flight(claimed)
  local count, oldest = 0, nil
  for _, id in ipairs(redis.call('HKEYS', claimed)) do
    local blob = redis.call('HGET', claimed, id)
    local first, last = string.find(blob, ';', 1, true), string.find(blob, '\n', 1, true)
    if first and last and first < last then
      local _, commas = string.gsub(string.sub(blob, first, last), ',', '')
      count = count + commas + 1
      local since = tonumber(string.match(blob, '^%d+'))
      if since and (not oldest or since < oldest) then oldest = since end
    end
  end
  return count, oldest
end
`

/**
 * For the scripts that claim and settle. Each calls `before_counting` before its first write and passes the result to
 * `begin` after it: a ledger that begins while batches are claimed (by an older version without a ledger) counts their
 * lines as taken. A count that is not a number stays unchanged and does not stop a script.
 */
export const ledgerLua = `${counting}
local function before_counting(ledger, claimed)
  if redis.call('HGET', ledger, 'since') then return nil end
  return (lines_in_flight(claimed))
end

local function begin(ledger, taken, time)
  if not taken then return end
  redis.call('HSET', ledger, 'since', string.format('%.0f', time), 'taken', taken)
end

local function add(ledger, name, by)
  redis.pcall('HINCRBY', ledger, name, by)
end
`

/**
 * KEYS: list, claimed, dead-letters, ledger · ARGV: lines · returns {fields, waiting, in flight, dead letters, {lines, batch
 * blobs} or nil, age of the oldest batch (ms) or nil, batches, bytes of the list, line at its head or nil, time (ms)}.
 */
const snapshotScript = `${counting}
local list, claimed, dead_letters, ledger = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local waiting, in_flight, oldest = redis.call('LLEN', list), lines_in_flight(claimed)
local clock = redis.call('TIME')
local time = clock[1] * 1000 + math.floor(clock[2] / 1000)
local age = oldest and time - oldest or false
local bytes = redis.pcall('MEMORY', 'USAGE', list)
local lines = false
if waiting + in_flight <= tonumber(ARGV[1]) then
  lines = {redis.call('LRANGE', list, 0, -1), redis.call('HVALS', claimed)}
end
return {redis.call('HGETALL', ledger), waiting, in_flight, redis.call('LLEN', dead_letters), lines, age,
  redis.call('HLEN', claimed), type(bytes) == 'number' and bytes or 0, redis.call('LINDEX', list, 0), time}
`

/** The ledger of the queue with these keys. */
export const redisLedger = (connection: RedisConnection, keys: QueueKeys): QueueSource["ledger"] => {
  const snapshot = connection.script(snapshotScript)
  return (lines) =>
    snapshot([keys.list, keys.claimed, keys.deadLetters, keys.ledger], [lines]).pipe(
      Effect.flatMap((reply) =>
        Effect.try({
          try: () => read(reply),
          catch: (error) => new Failure({ reason: "unreadable", message: String(error) })
        })
      )
    )
}

const listOf = (reply: Reply | undefined): ReadonlyArray<Reply> => (Array.isArray(reply) ? reply : [])
const isText = (reply: Reply): reply is Buffer => reply instanceof Uint8Array

/** Names and values alternate. */
const fieldsOf = (reply: ReadonlyArray<Reply>): ReadonlyMap<string, number> => {
  const fields = new Map<string, number>()
  for (let i = 0; i + 1 < reply.length; i += 2) {
    const value = Number(reply[i + 1])
    if (Number.isSafeInteger(value)) fields.set(String(reply[i]), value)
  }
  return fields
}

const read = (reply: Reply): QueueLedger => {
  const [fields, waiting, inFlight, deadLetters, lines, age, batches, bytes, head, time] = listOf(reply)
  const [inList, claimed] = Array.isArray(lines) ? lines.map(listOf) : []
  return ledgerOf(fieldsOf(listOf(fields)), {
    waiting: Number(waiting),
    inFlight: Number(inFlight),
    oldestInFlight: typeof age === "number" ? age : undefined,
    inFlightBatches: Number(batches),
    waitingBytes: Number(bytes),
    oldestWaiting: head instanceof Uint8Array ? ageOfLine(byteStringOf(head), Number(time)) : undefined,
    deadLetters: Number(deadLetters),
    lines:
      inList === undefined || claimed === undefined
        ? undefined
        : {
            waiting: inList.filter(isText).map(byteStringOf),
            inFlight: claimed.filter(isText).flatMap((blob) => unpack(blob).lines)
          }
  })
}
