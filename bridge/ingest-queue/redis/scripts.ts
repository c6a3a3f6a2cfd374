/**
 * The Lua scripts of the Redis queue: each is one atomic step. Redis 6.2 or later, or Valkey. A writer (redis/writer.ts)
 * sends each of them, so that the server refuses an abandoned or superseded one.
 *
 * The key of a whole batch is its id; that of a part is `<id>:<first place>-<last place>` (batch-blob.ts). A batch gets its
 * id when its lines are taken: 20 digits of the claim, and 12 of the server's time in microseconds. So no id stands for
 * two sets of lines, even if a claim were applied twice.
 * Keys, besides the list:
 * - `:claimed`   hash, batch → its blob (batch-blob.ts). A batch exists as long as it is in this hash.
 * - `:leases`    sorted set, batch → when its lease expires, milliseconds of the server's clock.
 * - `:attempts`  hash, batch → `<attempts> <owner>`, where the owner is the current claim, empty after a release; and
 *   `><claim>` → the batch of this claim.
 * - `:ledger`    hash, the counts (ledger.ts), changed in the step that takes lines or settles a batch.
 * - `:figures`   the holder of the figures' lease (figures.ts).
 * - `:placements` sorted set, placement of acknowledged lines → when it may be forgotten. A receipt that acknowledges
 *   lines for the second time is visible, because its placements are not counted as stored again.
 *
 * The first write of each script only removes data. A Redis that is out of memory refuses a script whose first write adds
 * data, and the queue could then never be emptied. Keys that could still fail (of a wrong type) are read before that write.
 */
import { claimDigits } from "../../../contracts/ids.ts"
import { placementMemoryMs } from "../ledger-fields.ts"
import { ledgerLua } from "./ledger.ts"

const shared = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function record(attempts, id)
  local tries, owner = string.match(redis.call('HGET', attempts, id) or '0 ', '^(%d+) (.*)$')
  return tonumber(tries), owner
end

local function forget_owner(attempts, owner)
  if owner and owner ~= '' then redis.call('HDEL', attempts, '>' .. owner) end
end

local function settle(leases, attempts, id, owner)
  redis.call('ZREM', leases, id)
  forget_owner(attempts, owner)
  redis.call('HDEL', attempts, id)
end
`

/** KEYS: list, claimed, leases, attempts, ledger · ARGV: claim, lease (ms), max events, max bytes, 1 for lines first · returns {batch, attempts, batch blob, 1 when its lease had expired} or nil. */
export const claimScript = String.raw`${shared}${ledgerLua}
local list, claimed, leases, attempts, ledger = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local claim, lease = ARGV[1], tonumber(ARGV[2])
local max_events, max_bytes = math.max(1, tonumber(ARGV[3])), tonumber(ARGV[4])
local time = now()

-- The same claim was sent again.
local mine = redis.call('HGET', attempts, '>' .. claim)
local blob = mine and redis.call('HGET', claimed, mine)
if blob then
  local tries = record(attempts, mine)
  redis.call('ZREM', leases, mine)
  redis.call('ZADD', leases, time + lease, mine)
  return {mine, tries, blob, 0}
end

local function take_over()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', time, 'LIMIT', 0, 16)) do
    local lines = redis.call('HGET', claimed, id)
    local tries, owner = record(attempts, id)
    redis.call('ZREM', leases, id)
    forget_owner(attempts, owner)
    if lines then
      local expired = owner ~= '' and 1 or 0
      tries = tries + expired
      redis.call('HSET', attempts, id, tries .. ' ' .. claim)
      redis.call('HSET', attempts, '>' .. claim, id)
      redis.call('ZADD', leases, time + lease, id)
      return {id, tries, lines, expired}
    end
    redis.call('HDEL', attempts, id)
  end
  return false
end

-- Takes the lines at the head, in slices of 64, because each line may be large.
local function take_lines()
  local lines, lengths, count, size = {}, {}, 0, 0
  local full = false
  while not full and count < max_events do
    local limit = math.min(64, max_events - count)
    local some = redis.call('LRANGE', list, count, count + limit - 1)
    full = #some < limit
    for i = 1, #some do
      local length = #some[i]
      if count > 0 and size + length > max_bytes then
        full = true
        break
      end
      count = count + 1
      size = size + length
      lines[count] = some[i]
      lengths[count] = length
    end
  end
  if count == 0 then return false end

  local blob = string.format('%.0f', time) .. ';' .. table.concat(lengths, ',') .. '\n' .. table.concat(lines)
  local clock = redis.call('TIME')
  local id = string.sub(claim, 1, ${claimDigits}) .. string.format('%012x', (clock[1] * 1000000 + clock[2]) % 281474976710656)
  redis.call('ZSCORE', leases, id)
  redis.call('HEXISTS', claimed, id)
  local earlier = before_counting(ledger, claimed)
  redis.call('LTRIM', list, count, -1)
  redis.call('HSET', claimed, id, blob)
  redis.call('HSET', attempts, id, '0 ' .. claim, '>' .. claim, id)
  redis.call('ZADD', leases, time + lease, id)
  begin(ledger, earlier, time)
  add(ledger, 'taken', count)
  return {id, 0, blob, 0}
end

if ARGV[5] == '1' then return take_lines() or take_over() end
return take_over() or take_lines()
`

const settleLua = `
-- Removes the batch; returns false when it does not exist. Adds the counts from ARGV[from] on to the ledger: the number
-- of placements; for each its name, its field in the ledger and its number of records; then pairs of field and number.
local function remove_batch(claimed, leases, attempts, ledger, placements, id, from)
  local _, owner = record(attempts, id)
  redis.call('ZSCORE', leases, id)
  redis.call('ZSCORE', placements, id)
  local earlier = before_counting(ledger, claimed)
  if redis.call('HDEL', claimed, id) == 0 then return false end
  settle(leases, attempts, id, owner)
  local time = now()
  redis.call('ZREMRANGEBYSCORE', placements, '-inf', time)
  begin(ledger, earlier, time)
  local last = from + 3 * tonumber(ARGV[from])
  for i = last + 1, #ARGV, 2 do add(ledger, ARGV[i], ARGV[i + 1]) end
  for i = from + 1, last, 3 do
    if redis.call('ZADD', placements, 'NX', time + ${placementMemoryMs}, ARGV[i]) == 0 then
      add(ledger, ARGV[i + 1], '-' .. ARGV[i + 2])
    end
  end
  return true
end
`

/** KEYS: claimed, leases, attempts, ledger, placements · ARGV: batch, placements and counts (see remove_batch) · returns 1 when the batch existed. */
export const ackScript = `${shared}${ledgerLua}${settleLua}
if remove_batch(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[1], 2) then return 1 end
return 0
`

/** KEYS: leases, attempts · ARGV: batch, claim, delay (ms), 1 for an attempt at the batch · returns 1 when the claim still had it. */
export const releaseScript = `${shared}
local leases, attempts, id, claim = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local tries, owner = record(attempts, id)
if owner ~= claim then return 0 end
redis.call('ZREM', leases, id)
forget_owner(attempts, owner)
redis.call('HSET', attempts, id, (tries + tonumber(ARGV[4])) .. ' ')
redis.call('ZADD', leases, now() + tonumber(ARGV[3]), id)
return 1
`

/** KEYS: claimed, leases, attempts · ARGV: batch, claim, attempts, then key and blob of each part · returns 1 when the claim still had it. */
export const splitScript = `${shared}
local claimed, leases, attempts, id, claim = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local _, owner = record(attempts, id)
redis.call('ZSCORE', leases, id)
if owner ~= claim or redis.call('HDEL', claimed, id) == 0 then return 0 end
settle(leases, attempts, id, owner)
local time = now()
for i = 4, #ARGV, 2 do
  redis.call('HSET', claimed, ARGV[i], ARGV[i + 1])
  redis.call('HSET', attempts, ARGV[i], ARGV[3] .. ' ')
  redis.call('ZADD', leases, time, ARGV[i])
end
return 1
`

/** KEYS: claimed, leases, attempts, ledger, placements, dead-letters · ARGV: batch, number of dead letters, dead letter …, placements and counts · returns 1 when the batch existed. */
export const deadLetterScript = `${shared}${ledgerLua}${settleLua}
local dead_letters, last = KEYS[6], 2 + tonumber(ARGV[2])
redis.call('LLEN', dead_letters)
if not remove_batch(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[1], last + 1) then return 0 end
for i = 3, last do redis.call('RPUSH', dead_letters, ARGV[i]) end
return 1
`
