/** The scripts about claims and their leases. */
import { targetMemoryMs } from "../target-record.ts"
import { drainingScript } from "./step-script.ts"

/**
 * KEYS: those of deliveries. ARGV: lease, milliseconds · maximum · concurrency of targets without a limit · the begin of the
 * names of the leases · targets to leave. Returns id, lease, attempt and value of each claimed delivery. It ends at most 200
 * leases, and looks at most at 100 targets beside those to leave.
 */
export const claimScript = `${drainingScript}
local lease_ms, max, concurrency, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]

for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', ms, 'LIMIT', 0, 200)) do
  redis.call('ZREM', leases, id)
  local created, _, rule, name = parts(id)
  if created then
    local attempt, _, old = tries_of(id)
    local record = change(name)
    record.inFlight = record.inFlight - 1
    count(rule, 'in flight', -1)
    count(rule, 'waiting', 1)
    wait(id, name, ms, created, attempt, old)
  end
end
schedule(concurrency)

for _, name in ipairs(redis.call('ZRANGEBYSCORE', used, '-inf', ms - ${targetMemoryMs}, 'LIMIT', 0, 10)) do
  if is_forgettable(read(name)) then
    redis.call('HDEL', targets, name)
    redis.call('ZREM', used, name)
    records[name] = nil
  else
    redis.call('ZADD', used, string.format('%.0f', ms), name)
  end
end

local excepted = {}
for i = 5, #ARGV do excepted[ARGV[i]] = true end
local names, left = {}, {}
local limit = 100 + #ARGV - 4
for _, name in ipairs(redis.call('ZRANGEBYSCORE', claimable, '-inf', string.format('%.3f', now), 'LIMIT', 0, limit)) do
  if not excepted[name] then
    if #names >= max then break end
    local allowed = allowance(change(name), concurrency)
    if allowed > 0 then
      table.insert(names, name)
      left[name] = math.min(allowed, max)
    end
  end
end

local found = {}
local function take(name, number)
  local record = records[name]
  local due = '(' .. name .. nl .. digits(record.round, 6) .. nl .. digits(ms + 1, 15)
  local members = redis.call('ZRANGEBYLEX', waiting, '[' .. name .. nl, due, 'LIMIT', 0, number)
  local taken = 0
  for _, member in ipairs(members) do
    local id = string.sub(member, #name + 25)
    local created, expires, rule, _, content = parts(id)
    redis.call('ZREM', waiting, member)
    if created then
      taken = taken + 1
      local own = lease .. ':' .. (#found / 8)
      local attempt = tries_of(id) + 1
      redis.call('HSET', tries, id, attempt .. nl .. nl .. own)
      redis.call('ZADD', leases, string.format('%.0f', ms + lease_ms), id)
      age(created, -1)
      count(rule, 'waiting', -1)
      count(rule, 'in flight', 1)
      for _, field in ipairs({id, rule, name, own, attempt, string.format('%.0f', created), expires, content}) do
        table.insert(found, field)
      end
    else
      record.waiting = record.waiting - 1
    end
  end
  if taken > 0 then claimed(record, taken) end
  left[name] = #members < number and 0 or left[name] - number
end

-- First an equal share for each, then what the others left.
for _, share in ipairs({math.max(1, math.floor(max / math.max(1, #names))), max}) do
  for _, name in ipairs(names) do
    local number = math.min(left[name], share, max - #found / 8)
    if number > 0 then take(name, number) end
  end
end
finish(concurrency)
return found
`

/** KEYS: those of deliveries. ARGV: lease, milliseconds · pairs of id and lease. */
export const renewScript = `${drainingScript}
for i = 2, #ARGV, 2 do
  local _, _, lease = tries_of(ARGV[i])
  if lease == ARGV[i + 1] and redis.call('ZSCORE', leases, ARGV[i]) then
    redis.call('ZADD', leases, string.format('%.0f', ms + ARGV[1]), ARGV[i])
  end
end
return 1
`

/**
 * KEYS: claimable · leases. ARGV: the targets to leave. Returns after how many milliseconds something can be claimed or a
 * lease ends, at most 100; 0 for now.
 */
export const waitScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local excepted = {}
for _, name in ipairs(ARGV) do excepted[name] = true end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
local times = redis.call('ZRANGE', KEYS[1], 0, #ARGV, 'WITHSCORES')
for i = 1, #times, 2 do
  if not excepted[times[i]] then
    if not first or tonumber(times[i + 1]) < tonumber(first) then first = times[i + 1] end
    break
  end
end
return first and math.max(0, math.min(100, math.ceil(tonumber(first) - now))) or 100
`
