/**
 * The Lua scripts of the Redis queue: each is one atomic step. Redis 6.2 or later, or Valkey.
 *
 * A batch is known by its key: a whole one by its id, which is its first claim; a piece of one that was split by
 * `<id>:<first place>-<last place>` (packed.ts). Only the id of a whole batch is ever sent as a claim.
 * What stands where, beside the list itself:
 * - `:claimed`   hash, batch → its packed lines (packed.ts). A batch exists as long as it stands here.
 * - `:leases`    sorted set, batch → when its lease ends, milliseconds of the server's clock.
 * - `:attempts`  hash, batch → `<attempts> <owner>`, the owner being the claim that has it now, none once it was
 *   given back; and `><claim>` → batch for a claim that took over a batch of another.
 * - `:settled`   sorted set, whole batches that were split, or taken over and are done → when to forget them. Were
 *   the first claim of such a batch to arrive again, it would otherwise make a new batch of the same id with other lines.
 * - `:ledger`    hash, what was counted (ledger.ts), changed in the step that takes lines or lets a batch go.
 *
 * The first write of each script only removes. A Redis that is out of memory refuses a script whose first write adds,
 * and the queue could never be emptied then. What could still fail (a key of another type) is read before that write.
 */
import { ledgerLua } from "./redis-ledger.ts"

const shared = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function record(attempts, id)
  local tries, owner = string.match(redis.call('HGET', attempts, id) or '0 ', '^(%d+) (.*)$')
  return tonumber(tries), owner
end

local function forget_owner(attempts, id, owner)
  if owner and owner ~= '' and owner ~= id then redis.call('HDEL', attempts, '>' .. owner) end
end

local function settle(leases, attempts, settled, id, owner, split)
  redis.call('ZREM', leases, id)
  forget_owner(attempts, id, owner)
  redis.call('HDEL', attempts, id)
  local time = now()
  redis.call('ZREMRANGEBYSCORE', settled, '-inf', time)
  local piece = string.find(id, ':%d+%-%d+$')
  if not piece and (split or owner ~= id) then redis.call('ZADD', settled, time + 3600000, id) end
end
`

/** KEYS list claimed leases attempts settled ledger · ARGV claim, lease, max events, max bytes, 1 for lines first · {batch, attempts, lines} or nil. */
export const claimScript = String.raw`${shared}${ledgerLua}
local list, claimed, leases, attempts, settled, ledger = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local claim, lease = ARGV[1], tonumber(ARGV[2])
local max_events, max_bytes = math.max(1, tonumber(ARGV[3])), tonumber(ARGV[4])
local time = now()

-- The same claim again.
local mine = redis.call('HGET', attempts, '>' .. claim) or claim
local blob = redis.call('HGET', claimed, mine)
if redis.call('ZSCORE', settled, mine) then return false end
if blob then
  local tries, owner = record(attempts, mine)
  if owner ~= claim then return false end
  redis.call('ZREM', leases, mine)
  redis.call('ZADD', leases, time + lease, mine)
  return {mine, tries, blob}
end

local function take_over()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', time, 'LIMIT', 0, 16)) do
    local lines = redis.call('HGET', claimed, id)
    local tries, owner = record(attempts, id)
    redis.call('ZREM', leases, id)
    forget_owner(attempts, id, owner)
    if lines then
      if owner ~= '' then tries = tries + 1 end
      redis.call('HSET', attempts, id, tries .. ' ' .. claim)
      redis.call('HSET', attempts, '>' .. claim, id)
      redis.call('ZADD', leases, time + lease, id)
      return {id, tries, lines}
    end
    redis.call('HDEL', attempts, id)
  end
  return false
end

-- The lines at the head, read a few at a time, since each may be large.
local function take_lines()
  local lines, lengths, count, size = {}, {}, 0, 0
  local full = false
  while not full and count < max_events do
    local wanted = math.min(64, max_events - count)
    local some = redis.call('LRANGE', list, count, count + wanted - 1)
    full = #some < wanted
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

  local packed = string.format('%.0f', time) .. ';' .. table.concat(lengths, ',') .. '\n' .. table.concat(lines)
  redis.call('ZSCORE', leases, claim)
  local earlier = before_counting(ledger, claimed)
  redis.call('LTRIM', list, count, -1)
  redis.call('HSET', claimed, claim, packed)
  redis.call('HSET', attempts, claim, '0 ' .. claim)
  redis.call('ZADD', leases, time + lease, claim)
  begin(ledger, earlier, time)
  add(ledger, 'taken', count)
  return {claim, 0, packed}
end

if ARGV[5] == '1' then return take_lines() or take_over() end
return take_over() or take_lines()
`

const letGoLua = `
-- Takes the batch away and counts the names and numbers from ARGV[from] to ARGV[to]; false when it is not there.
local function let_go(claimed, leases, attempts, settled, ledger, id, from, to)
  local _, owner = record(attempts, id)
  redis.call('ZSCORE', leases, id)
  redis.call('ZSCORE', settled, id)
  local earlier = before_counting(ledger, claimed)
  if redis.call('HDEL', claimed, id) == 0 then return false end
  settle(leases, attempts, settled, id, owner, false)
  begin(ledger, earlier, now())
  for i = from, to, 2 do add(ledger, ARGV[i], ARGV[i + 1]) end
  return true
end
`

/** KEYS claimed leases attempts settled ledger · ARGV batch, {name, number} … · 1 when it was there. */
export const ackScript = `${shared}${ledgerLua}${letGoLua}
if let_go(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[1], 2, #ARGV) then return 1 end
return 0
`

/** KEYS leases attempts · ARGV batch, claim, delay, 1 when it counts · 1 when the claim still had it. */
export const giveBackScript = `${shared}
local leases, attempts, id, claim = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local tries, owner = record(attempts, id)
if owner ~= claim then return 0 end
redis.call('ZREM', leases, id)
forget_owner(attempts, id, owner)
redis.call('HSET', attempts, id, (tries + tonumber(ARGV[4])) .. ' ')
redis.call('ZADD', leases, now() + tonumber(ARGV[3]), id)
return 1
`

/** KEYS claimed leases attempts settled · ARGV batch, claim, attempts, {piece, its lines} … · 1 when the claim still had it. */
export const splitScript = `${shared}
local claimed, leases, attempts, settled, id, claim = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2]
local _, owner = record(attempts, id)
redis.call('ZSCORE', leases, id)
redis.call('ZSCORE', settled, id)
if owner ~= claim or redis.call('HDEL', claimed, id) == 0 then return 0 end
settle(leases, attempts, settled, id, owner, true)
local time = now()
for i = 4, #ARGV, 2 do
  redis.call('HSET', claimed, ARGV[i], ARGV[i + 1])
  redis.call('HSET', attempts, ARGV[i], ARGV[3] .. ' ')
  redis.call('ZADD', leases, time, ARGV[i])
end
return 1
`

/** KEYS claimed leases attempts settled ledger dead-letters · ARGV batch, how many letters, letter …, {name, number} … · 1 when it was there. */
export const setAsideScript = `${shared}${ledgerLua}${letGoLua}
local letters, last = KEYS[6], 2 + tonumber(ARGV[2])
redis.call('LLEN', letters)
if not let_go(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[1], last + 1, #ARGV) then return 0 end
for i = 3, last do redis.call('RPUSH', letters, ARGV[i]) end
return 1
`
