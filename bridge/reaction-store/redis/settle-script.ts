/** The script that settles deliveries. */
import { lastCalls } from "../last-calls.ts"
import { addFunction } from "./add-script.ts"
import { drainingScript } from "./step-script.ts"

/**
 * KEYS: those of deliveries · all calls · lists of calls of rules and targets · gates. ARGV: failures, time and longest time of
 * the breaker · the number of lists of calls · the settlements as MessagePack · bytes. Each settlement is the list of id ·
 * lease · kind · time · health · hold until (0: no) · disables · next target · its concurrency and calls per second · places
 * of the lists of its call (empty: no call) · deliveries that it causes · suppressed matches as rule, reason and count. Its bytes are: content of the next step · call ·
 * contents of the deliveries, each only when there is one. Returns 1 or 0 for each.
 */
export const settleScript = `${drainingScript}${addFunction}
local failures, open_ms, max_open_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local lists, at = tonumber(ARGV[4]), 5
for i = 12, 12 + lists do redis.call('LLEN', KEYS[i]) end
local first_gate = 13 + lists
read_gates(first_gate)

local function bytes()
  at = at + 1
  return ARGV[at]
end

local function add_call(text, places)
  local kept = {{12, ${lastCalls.ofAll}}, {12 + places[1], ${lastCalls.ofRule}}, {12 + places[2], ${lastCalls.ofTarget}}}
  for _, one in ipairs(kept) do
    redis.call('LPUSH', KEYS[one[1]], text)
    redis.call('LTRIM', KEYS[one[1]], 0, one[2] - 1)
    redis.call('PEXPIRE', KEYS[one[1]], ${lastCalls.memoryMs})
  end
end

local function remove(id)
  redis.call('HDEL', deliveries, id)
  redis.call('HDEL', tries, id)
end

local function settle(one, content, text, contents)
  local id, kind = one[1], one[3]
  local attempt, place, lease = tries_of(id)
  local created, expires, rule, name = parts(id)
  if not created or lease == '' or lease ~= one[2] then return 0 end
  local record = change(name)
  if place == '' then
    redis.call('ZREM', leases, id)
    record.inFlight = record.inFlight - 1
    count(rule, 'in flight', -1)
  else
    redis.call('ZREM', waiting, member_of(name, place, id))
    record.waiting = record.waiting - 1
    age(created, -1)
    count(rule, 'waiting', -1)
  end
  called(record, one[5], failures, open_ms, max_open_ms)
  record.heldUntil = math.max(record.heldUntil, one[6])
  if one[7] and not is_disabled(name, rule) then table.insert(record.disabledFor, rule) end
  if kind == 'delivered' or kind == 'dead' then
    remove(id)
    if kind == 'dead' then redis.call('HSET', dead, id, rule) end
    count(rule, kind, 1)
  elseif kind == 'next' and is_disabled(one[8], rule) then
    remove(id)
    count(rule, 'suppressed', 1, 'target disabled')
  else
    count(rule, 'waiting', 1)
    if kind == 'next' then
      set_limits(change(one[8]), rule, one[9], one[10])
      keep(id, created, expires, rule, one[8], content)
      wait(id, one[8], ms, created, 0, '')
    else
      wait(id, name, one[4], created, kind == 'retry' and attempt or math.max(0, attempt - 1), '')
    end
  end
  if #one[11] > 0 then add_call(text, one[11]) end
  add(one[12], contents, false, first_gate)
  for i = 1, #one[13], 3 do
    count(one[13][i], 'matched', one[13][i + 2])
    count(one[13][i], 'suppressed', one[13][i + 2], one[13][i + 1])
  end
  return 1
end

local settled = {}
for i, one in ipairs(cmsgpack.unpack(ARGV[5])) do
  local content = one[3] == 'next' and bytes() or nil
  local text = #one[11] > 0 and bytes() or nil
  local contents = {}
  for place = 1, #one[12] do contents[place] = bytes() end
  settled[i] = settle(one, content, text, contents)
end
finish()
return settled
`
