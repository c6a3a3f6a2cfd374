
local writer_deadline, writer_epoch, writer_key = table.remove(ARGV), table.remove(ARGV), table.remove(KEYS)
if redis.call('GET', writer_key) ~= writer_epoch then return 'FENCED' end
local writer_time = redis.call('TIME')
if writer_time[1] * 1000 + math.floor(writer_time[2] / 1000) > tonumber(writer_deadline) then return 'LATE' end

local offsets, ends, addKeys, addAmounts, keyTables, keyNames, unnamed, groups = unpack(cmsgpack.unpack(ARGV[7]))
local maxKeys, horizon, tables = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

-- Compares decimal numbers of any size as text: the longer text is the larger number.
local function below(one, other)
  if #one ~= #other then return #one < #other end
  return one < other
end

local function isSet(bytes, place)
  return bit.band(bytes[math.floor(place / 8) + 1] or 0, 2 ^ (place % 8)) ~= 0
end

local function bitmap(group)
  return {string.byte(redis.call('HGET', KEYS[2 + 2 * tables + group[1]], group[2]) or '', 1, -1)}
end

local fence = redis.call('HGET', KEYS[1], ARGV[1])
if fence and below(ARGV[8], fence) then fence = false end
local first = 1
if fence then
  while first <= #offsets and below(offsets[first], fence) do first = first + 1 end
end

-- Records below the fence were counted. A record whose id should be stored, and is not, shows that the log was recreated.
local function isRecreated()
  for _, group in ipairs(groups) do
    if group[5] and group[3][1] + 1 < first then
      local bytes = bitmap(group)
      for m = 1, #group[3] do
        if group[3][m] + 1 < first and not isSet(bytes, group[4][m]) then return true end
      end
    end
  end
  return false
end
if first > 1 and isRecreated() then first = 1 end

local reread = first - 1
if first > #offsets then return {0, reread, 0} end

-- One place of each table is reserved for the key that counts the rest.
local free = {}
for t = 1, tables do
  free[t] = maxKeys - 1 - redis.call('ZCARD', KEYS[1 + t])
  redis.call('HLEN', KEYS[1 + tables + t])
end

local applied, duplicates, sums = 0, 0, {}
local function apply(effect)
  applied = applied + 1
  for a = (ends[effect - 1] or 0) + 1, ends[effect] do
    local key = addKeys[a] + 1
    sums[key] = (sums[key] or 0) + addAmounts[a]
  end
end

for _, place in ipairs(unnamed) do
  if place + 1 >= first then apply(place + 1) end
end

for _, group in ipairs(groups) do
  local bucket = KEYS[2 + 2 * tables + group[1]]
  local effects, bits = group[3], group[4]
  local bytes = bitmap(group)
  local isNew = false
  for m = 1, #effects do
    local effect = effects[m] + 1
    if effect >= first then
      local byte = math.floor(bits[m] / 8) + 1
      local mask = 2 ^ (bits[m] % 8)
      for b = #bytes + 1, byte do bytes[b] = 0 end
      if bit.band(bytes[byte], mask) ~= 0 then
        duplicates = duplicates + 1
      else
        bytes[byte] = bytes[byte] + mask
        isNew = true
        apply(effect)
      end
    end
  end
  if isNew then
    -- At most 512 bytes (plan.ts), far below the limit of unpack.
    redis.call('HSET', bucket, group[2], string.char(unpack(bytes)))
    redis.call('PEXPIRE', bucket, horizon)
  end
end

local function number(value) return string.format('%.0f', value) end

-- Runs the command in slices, because unpack is limited to about 8,000 values.
local function call(command, target, arguments)
  for at = 1, #arguments, 1000 do
    redis.call(command, target, unpack(arguments, at, math.min(at + 999, #arguments)))
  end
end

local function errorsOf(errors, names)
  local found = {}
  for at = 1, #names, 1000 do
    local some = redis.call('HMGET', errors, unpack(names, at, math.min(at + 999, #names)))
    for i = 1, #some do found[at + i - 1] = tonumber(some[i] or 0) end
  end
  return found
end

-- Replaces the keys with the smallest counts by new keys: see space-saving.ts.
local function admit(counts, errors, keys, places)
  table.sort(keys, function(one, other)
    if sums[one] ~= sums[other] then return sums[one] < sums[other] end
    return keyNames[one] < keyNames[other]
  end)
  local over = #keys - math.max(0, math.min(places, #keys))
  for i = over + 1, #keys do redis.call('ZADD', counts, number(sums[keys[i]]), keyNames[keys[i]]) end
  if over == 0 then return end
  local smallest = {}
  local found = redis.call('ZRANGE', counts, 0, over, 'WITHSCORES')
  for i = 1, #found, 2 do
    if found[i] ~= ARGV[6] then table.insert(smallest, {name = found[i], count = tonumber(found[i + 1])}) end
  end

  local admitted, old, new, rest = {}, 1, 1, 0
  for i = 1, over do
    local key = keys[i]
    local victim
    if admitted[new] and (not smallest[old] or admitted[new].count < smallest[old].count) then
      victim = admitted[new]
      rest = rest + victim.count - victim.error
      new = new + 1
    elseif smallest[old] then
      victim = smallest[old]
      old = old + 1
    else
      victim = {count = 0}
    end
    table.insert(admitted, {name = keyNames[key], error = victim.count, count = victim.count + sums[key]})
  end

  local gone, scores, bounds = {}, {}, {}
  for i = 1, old - 1 do
    gone[i] = smallest[i].name
    rest = rest + smallest[i].count
  end
  for _, known in ipairs(errorsOf(errors, gone)) do rest = rest - known end
  for i = new, #admitted do
    local one = admitted[i]
    table.insert(scores, number(one.count))
    table.insert(scores, one.name)
    table.insert(bounds, one.name)
    table.insert(bounds, number(one.error))
  end
  call('ZREM', counts, gone)
  call('HDEL', errors, gone)
  call('ZADD', counts, scores)
  call('HSET', errors, bounds)
  redis.call('ZINCRBY', counts, number(rest), ARGV[6])
end

-- A table with a free place for every key of the batch needs no lookup of existing keys.
local incoming = {}
for key in pairs(sums) do
  local t = keyTables[key] + 1
  incoming[t] = (incoming[t] or 0) + 1
end
local isTight = {}
for t, count in pairs(incoming) do isTight[t] = count > free[t] end
local fresh = {}
for key = 1, #keyNames do
  local sum = sums[key]
  if sum then
    local t, name = keyTables[key] + 1, keyNames[key]
    local counts = KEYS[1 + t]
    if isTight[t] and name ~= ARGV[6] and not redis.call('ZSCORE', counts, name) then
      fresh[t] = fresh[t] or {}
      table.insert(fresh[t], key)
    else
      redis.call('ZINCRBY', counts, number(sum), name)
    end
  end
end
for t, keys in pairs(fresh) do admit(KEYS[1 + t], KEYS[1 + tables + t], keys, free[t]) end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {applied, reread, duplicates}
