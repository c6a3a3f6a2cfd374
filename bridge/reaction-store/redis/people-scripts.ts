/** The scripts for people: the ledger, pauses, dead deliveries, rules of the API. */
import { addFunction } from "./add-script.ts"
import { drainingScript, stepScript } from "./step-script.ts"

/** KEYS: those of deliveries. Returns the lines, the numbers of waiting deliveries and of leases, and the first second. */
export const ledgerScript = `
local first = redis.call('ZRANGE', KEYS[10], 0, 0)[1]
return {redis.call('HGETALL', KEYS[8]), redis.call('ZCARD', KEYS[1]), redis.call('ZCARD', KEYS[7]), first or false}
`

/** KEYS: targets · used. ARGV: maximum. Returns name and state of those used last, and the time. */
export const targetsScript = `
local found = {}
for _, name in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, ARGV[1] - 1)) do
  local state = redis.call('HGET', KEYS[1], name)
  if state then
    table.insert(found, name)
    table.insert(found, state)
  end
end
return {redis.call('TIME'), found}
`

/** KEYS: those of deliveries. ARGV: target · pause, resume or enable · rule. */
export const controlScript = `${drainingScript}
local record = change(ARGV[1])
if ARGV[2] == 'pause' then
  record.isPaused = true
elseif ARGV[2] == 'resume' then
  close(record)
  record.isPaused, record.heldUntil, record.round = false, 0, record.round + 1
else
  local others = {}
  for _, rule in ipairs(record.disabledFor) do
    if rule ~= ARGV[3] then table.insert(others, rule) end
  end
  record.disabledFor = others
end
finish()
return 1
`

/** KEYS: those of deliveries. ARGV: the delivery as MessagePack, as for add · its content. Returns 0 when it did not die. */
export const replayScript = `${stepScript}${addFunction}
local one = cmsgpack.unpack(ARGV[1])
local rule = redis.call('HGET', dead, one[1])
if not rule then return 0 end
insert(one, ARGV[2], rule)
redis.call('HDEL', dead, one[1])
count(rule, 'dead', -1)
count(rule, 'replayed', 1)
finish()
return 1
`

/** KEYS: those of deliveries. ARGV: the id. Returns 0 when it did not die. */
export const discardScript = `${drainingScript}
local rule = redis.call('HGET', dead, ARGV[1])
if not rule then return 0 end
redis.call('HDEL', dead, ARGV[1])
count(rule, 'dead', -1)
count(rule, 'discarded', 1)
finish()
return 1
`

/** KEYS: rules · versions. Returns the version, and the names with their rules. */
export const rulesScript = `return {redis.call('HGET', KEYS[2], 'rules'), redis.call('HGETALL', KEYS[1])}`

/** KEYS: rules · versions. ARGV: name · rule. Returns 1 when it is new. */
export const putRuleScript = `
redis.call('HLEN', KEYS[2])
local created = redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HINCRBY', KEYS[2], 'rules', 1)
return created
`

/** KEYS: rules · versions. ARGV: name. Returns 0 when there was none. */
export const removeRuleScript = `
redis.call('HLEN', KEYS[2])
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
if removed == 1 then redis.call('HINCRBY', KEYS[2], 'rules', 1) end
return removed
`
