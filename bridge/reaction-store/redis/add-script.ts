/** The scripts that add deliveries: `add`, and `commit` with the fences of a partition. */
import { stepScript } from "./step-script.ts"

/**
 * The function `add`, for a script on deliveries. The gates are the keys from `first_gate`. Each delivery is the list of id ·
 * rule · target · due · expires · concurrency · calls per second · gates, each of these the list of key's place among the
 * gates · "once" or "rate" · time or maximum · until · how long it is kept, milliseconds (0: for ever) · reason.
 */
export const addFunction = `
local gates = {}
local function read_gates(first_gate)
  for place = first_gate, #KEYS do gates[place - first_gate + 1] = tonumber(redis.call('GET', KEYS[place]) or nil) end
end

local function is_disabled(name, rule)
  for _, other in ipairs(read(name).disabledFor) do
    if other == rule then return true end
  end
  return false
end

local function closed_gate(own, opened)
  for _, gate in ipairs(own) do
    local value = opened[gate[1]] or gates[gate[1]]
    if value and ((gate[2] == 'once' and value > gate[3]) or (gate[2] == 'rate' and value >= gate[3])) then
      return gate[6]
    end
  end
  for _, gate in ipairs(own) do
    opened[gate[1]] = gate[2] == 'once' and gate[4] or (opened[gate[1]] or gates[gate[1]] or 0) + 1
  end
end

local function write_gates(passed, opened, first_gate)
  for _, one in ipairs(passed) do
    for _, gate in ipairs(one[8]) do
      local value = opened[gate[1]]
      if value then
        gates[gate[1]] = value
        opened[gate[1]] = nil
        local key = KEYS[first_gate + gate[1] - 1]
        if gate[5] > 0 then
          redis.call('SET', key, string.format('%.0f', value), 'PX', string.format('%.0f', gate[5]))
        else
          redis.call('SET', key, string.format('%.0f', value))
        end
      end
    end
  end
end

-- The delivery waits, and counts for the line rule.
local function insert(one, content, rule)
  set_limits(change(one[3]), one[2], one[6], one[7])
  keep(one[1], ms, one[5], rule, one[3], content)
  wait(one[1], one[3], one[4], ms)
  count(rule, 'waiting', 1)
end

-- contents: the content of each. Returns the places of those that were added, and place and reason of the suppressed.
local function add(list, contents, together, first_gate)
  local opened, known, passed, places, refused = {}, {}, {}, {}, {}
  for place, one in ipairs(list) do
    local id = one[1]
    if not known[id] and redis.call('HEXISTS', deliveries, id) == 0 and redis.call('HEXISTS', dead, id) == 0 then
      known[id] = true
      local reason = is_disabled(one[3], one[2]) and 'target disabled' or closed_gate(one[8], opened)
      if reason then
        table.insert(refused, place)
        table.insert(refused, reason)
      else
        table.insert(passed, one)
        table.insert(places, place)
      end
    end
  end
  if together and #refused > 0 then
    for _, place in ipairs(places) do
      table.insert(refused, place)
      table.insert(refused, refused[2])
    end
    passed, places = {}, {}
  end
  write_gates(passed, opened, first_gate)
  for i, one in ipairs(passed) do
    count(one[2], 'matched', 1)
    insert(one, contents[places[i]], one[2])
  end
  for i = 1, #refused, 2 do
    local rule = list[refused[i]][2]
    count(rule, 'matched', 1)
    count(rule, 'suppressed', 1, refused[i + 1])
  end
  return {places, refused}
end
`

/** KEYS: those of deliveries · the gates. ARGV: together (1 or 0) · the deliveries as MessagePack · their contents. */
export const addScript = `${stepScript}${addFunction}
read_gates(12)
local contents = {}
for i = 3, #ARGV do contents[i - 2] = ARGV[i] end
local added = add(cmsgpack.unpack(ARGV[2]), contents, ARGV[1] == '1', 12)
finish()
return added
`

/**
 * KEYS: those of deliveries · partitions · buckets of seen ids · gates. ARGV: the partition · version · next offset, empty to
 * leave it · horizon, milliseconds · the changes as MessagePack: number of buckets, bitmaps as pairs of bucket and field,
 * deliveries, suppressed matches as rule, reason and count · the bitmaps · the contents. Returns 0 for another version.
 */
export const commitScript = `
if (redis.call('HGET', KEYS[12], ARGV[1] .. ' version') or '0') ~= ARGV[2] then return 0 end
${stepScript}${addFunction}
local buckets, marks, list, suppressed = unpack(cmsgpack.unpack(ARGV[5]))
for b = 1, buckets do redis.call('HLEN', KEYS[12 + b]) end
read_gates(13 + buckets)
redis.call('HSET', KEYS[12], ARGV[1] .. ' version', string.format('%.0f', ARGV[2] + 1))
if ARGV[3] ~= '' then redis.call('HSET', KEYS[12], ARGV[1] .. ' next', ARGV[3]) end
local at = 5
for i = 1, #marks, 2 do
  at = at + 1
  redis.call('HSET', KEYS[12 + marks[i]], marks[i + 1], ARGV[at])
  redis.call('PEXPIRE', KEYS[12 + marks[i]], ARGV[4])
end
local contents = {}
for i = 1, #list do contents[i] = ARGV[at + i] end
for i = 1, #suppressed, 3 do
  count(suppressed[i], 'matched', suppressed[i + 2])
  count(suppressed[i], 'suppressed', suppressed[i + 2], suppressed[i + 1])
end
local added = add(list, contents, false, 13 + buckets)
finish()
return added
`

/** KEYS: partitions · buckets of seen ids. ARGV: the partition · bitmaps as pairs of bucket and field, as MessagePack. */
export const loadScript = `
local places = cmsgpack.unpack(ARGV[2])
local bitmaps = {}
for i = 1, #places, 2 do bitmaps[(i + 1) / 2] = redis.call('HGET', KEYS[1 + places[i]], places[i + 1]) end
return {redis.call('HMGET', KEYS[1], ARGV[1] .. ' version', ARGV[1] .. ' next'), bitmaps}
`
