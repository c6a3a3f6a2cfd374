/**
 * The begin of every script on deliveries: the keys, the time, the targets that it reads and changes, and what it adds to
 * the lines of the ledger. The targets and the lines are written by `schedule` and `finish`. It reads each key before the
 * first write, because Redis does not undo the writes of a script that fails later, for example on a key of another type.
 */
import { targetScript } from "./target-script.ts"

const begin = `
local waiting, claimable, targets, used, deliveries, tries, leases, lines, ages, seconds, dead = unpack(KEYS, 1, 11)
for _, key in ipairs({waiting, claimable, used, leases, seconds}) do redis.call('ZCARD', key) end
for _, key in ipairs({targets, deliveries, tries, lines, ages, dead}) do redis.call('HLEN', key) end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local ms = math.floor(now)
local nl, above = string.char(10), string.char(11)
`

const records = `
local records, changed, order, counts, made = {}, {}, {}, {}, {}

local function read(name)
  if not records[name] then
    local packed = redis.call('HGET', targets, name)
    records[name] = packed and cmsgpack.unpack(packed) or new_target()
  end
  return records[name]
end

local function change(name)
  if not changed[name] then
    changed[name] = true
    order[#order + 1] = name
  end
  return read(name)
end

local function count(rule, kind, number, reason)
  local field = kind .. '|' .. (reason or '') .. '|' .. rule
  counts[field] = (counts[field] or 0) + number
end

-- The number of waiting deliveries that were made in that second changes.
local function age(created, number)
  local second = string.format('%.0f', math.floor(created / 1000))
  made[second] = (made[second] or 0) + number
end

local function digits(number, width)
  return string.format('%0' .. width .. '.0f', math.max(0, math.min(10 ^ width - 1, math.floor(number))))
end

local function member_of(name, place, id)
  return name .. nl .. place .. nl .. id
end

-- The delivery waits. attempt is nil for one that is new, 0 for one that counts as never tried.
local function wait(id, name, due, created, attempt, lease)
  local record = change(name)
  local place = digits(record.round, 6) .. nl .. digits(due, 15)
  redis.call('ZADD', waiting, 0, member_of(name, place, id))
  record.waiting = record.waiting + 1
  age(created, 1)
  if not attempt then return end
  if attempt > 0 or lease ~= '' then
    redis.call('HSET', tries, id, attempt .. nl .. place .. nl .. lease)
  else
    redis.call('HDEL', tries, id)
  end
end

-- created, expires, rule, target and content of a delivery; nil for an unknown one.
local line = '([^' .. nl .. ']*)' .. nl
local function parts(id)
  local value = redis.call('HGET', deliveries, id)
  if not value then return nil end
  local created, expires, rule, name, at = string.match(value, '^' .. line .. line .. line .. line .. '()')
  return tonumber(created), expires, rule, name, string.sub(value, at)
end

local function keep(id, created, expires, rule, name, content)
  local head = string.format('%.0f', created) .. nl .. expires .. nl .. rule .. nl .. name .. nl
  redis.call('HSET', deliveries, id, head .. content)
end

-- attempt, place in the waiting set (empty in flight) and last claim of a delivery.
local function tries_of(id)
  local value = redis.call('HGET', tries, id)
  if not value then return 0, '', '' end
  local attempt, place, lease = string.match(value, '^(%d+)' .. nl .. '(.*)' .. nl .. line:sub(1, -2) .. '$')
  return tonumber(attempt), place, lease
end
`

const end = `
local function first_due(name, record)
  if record.waiting == 0 then return nil end
  local range = {'[' .. name .. nl, '(' .. name .. above}
  local first = redis.call('ZRANGEBYLEX', waiting, range[1], range[2], 'LIMIT', 0, 1)[1]
  if not first then return nil end
  local at = #name + 2
  if tonumber(string.sub(first, at, at + 5)) < record.round then return 0 end
  return tonumber(string.sub(first, at + 7, at + 21))
end

-- Writes the changed targets.
local function schedule(concurrency)
  for _, name in ipairs(order) do
    local record = records[name]
    follow_clock(record)
    local at = claimable_at(record, first_due(name, record), concurrency)
    if at then
      redis.call('ZADD', claimable, string.format('%.3f', at), name)
    else
      redis.call('ZREM', claimable, name)
    end
    redis.call('HSET', targets, name, cmsgpack.pack(record))
    redis.call('ZADD', used, string.format('%.0f', ms), name)
  end
  changed, order = {}, {}
end

local function finish(concurrency)
  schedule(concurrency)
  for field, number in pairs(counts) do
    if number ~= 0 then redis.call('HINCRBY', lines, field, string.format('%.0f', number)) end
  end
  for second, number in pairs(made) do
    if number ~= 0 then
      if redis.call('HINCRBY', ages, second, string.format('%.0f', number)) <= 0 then
        redis.call('HDEL', ages, second)
        redis.call('ZREM', seconds, second)
      else
        redis.call('ZADD', seconds, second, second)
      end
    end
  end
end
`

/** Followed by the work of a script, which ends with `finish()`. */
export const stepScript = begin + targetScript + records + end

/**
 * The same for a script that a server must run whose memory is full, because deliveries leave it by this script: Redis only
 * asks for free memory until the first write, and that one removes nothing.
 */
export const drainingScript = `${stepScript}redis.call('ZREM', leases, '')\n`
