/**
 * The scripts of the keyed store on Redis. Each works on one partition, whose keys are in one slot. A script reads all that
 * can fail before its first write, because Redis does not undo the writes of a script that fails later.
 *
 * A timer's member of the sorted set is the length of its key in bytes, `:`, the key, and its name.
 */

/**
 * KEYS: meta · state · timers · buckets of seen ids. ARGV: timers up to this time, and up to the partition's clock · their
 * maximum number · the bitmaps as pairs of bucket and field, and the keys, as MessagePack. Returns the fields of meta, the
 * bitmaps, the states of the keys, the timers with their times, and the states of the timers' keys.
 */
export const loadScript = `
local places, keys = unpack(cmsgpack.unpack(ARGV[3]))

local function states(names)
  local found = {}
  for at = 1, #names, 1000 do
    local some = redis.call('HMGET', KEYS[2], unpack(names, at, math.min(at + 999, #names)))
    for i = 1, #some do found[at + i - 1] = some[i] end
  end
  return found
end

local bitmaps = {}
for i = 1, #places, 2 do
  bitmaps[(i + 1) / 2] = redis.call('HGET', KEYS[3 + places[i]], places[i + 1])
end
local meta = redis.call('HMGET', KEYS[1], 'version', 'next', 'clock', 'partitions')
local upTo = ARGV[1]
if meta[3] and (upTo == '-inf' or (upTo ~= '+inf' and tonumber(meta[3]) > tonumber(upTo))) then upTo = meta[3] end
local timers = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', upTo, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local owners = {}
for i = 1, #timers, 2 do
  local colon = string.find(timers[i], ':', 1, true)
  owners[(i + 1) / 2] = string.sub(timers[i], colon + 1, colon + tonumber(string.sub(timers[i], 1, colon - 1)))
end
return {meta, bitmaps, states(keys), timers, states(owners)}
`

/**
 * KEYS: meta · state · timers · outputs · buckets of seen ids. ARGV: the version · the next offset, empty to leave it · the
 * clock · the number of partitions · horizon, milliseconds · the changes as MessagePack · the bytes of bitmaps, states and
 * outputs, in the order of the changes (Redis reads no bytes in MessagePack). Returns 1, or 0 for another version.
 */
export const commitScript = `
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
local marks, sets, drops, timers, stopped, outputs = unpack(cmsgpack.unpack(ARGV[6]))
local at = 6
local function bytes()
  at = at + 1
  return ARGV[at]
end
redis.call('HLEN', KEYS[2])
redis.call('ZCARD', KEYS[3])
redis.call('ZCARD', KEYS[4])
for b = 5, #KEYS do redis.call('HLEN', KEYS[b]) end

-- Runs the command in slices, because unpack is limited to about 8,000 values.
local function call(command, key, arguments)
  for at = 1, #arguments, 1000 do
    redis.call(command, key, unpack(arguments, at, math.min(at + 999, #arguments)))
  end
end

local meta = {'version', string.format('%.0f', ARGV[1] + 1), 'clock', ARGV[3], 'partitions', ARGV[4]}
if ARGV[2] ~= '' then
  table.insert(meta, 'next')
  table.insert(meta, ARGV[2])
end
redis.call('HSET', KEYS[1], unpack(meta))
for i = 1, #marks, 2 do
  redis.call('HSET', KEYS[4 + marks[i]], marks[i + 1], bytes())
  redis.call('PEXPIRE', KEYS[4 + marks[i]], ARGV[5])
end
for _, key in ipairs(sets) do redis.call('HSET', KEYS[2], key, bytes()) end
call('HDEL', KEYS[2], drops)
call('ZADD', KEYS[3], timers)
call('ZREM', KEYS[3], stopped)
if outputs > 0 then
  local last = redis.call('HINCRBY', KEYS[1], 'outputs', outputs)
  for i = 1, outputs do
    local place = string.format('%.0f', last - outputs + i)
    redis.call('ZADD', KEYS[4], place, place .. ':' .. bytes())
  end
end
return 1
`

/** KEYS: the waiting outputs · ARGV: the last place to remove. */
export const appendedScript = `return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])`

/** KEYS: the times of a re-keyed topic · ARGV: pairs of source partition and time. Returns all pairs. */
export const rekeyedScript = `
for i = 1, #ARGV, 2 do
  if tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '-1') < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return redis.call('HGETALL', KEYS[1])
`
