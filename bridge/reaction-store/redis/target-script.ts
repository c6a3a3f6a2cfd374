/**
 * The rules of targets in Lua: those of target-record.ts, whose fields the records have. `limits` is a map of rule to the
 * list of concurrency and calls per second, each false for none, and time of its last delivery. A part of the scripts on
 * deliveries.
 */
import { targetMemoryMs } from "../target-record.ts"

export const targetScript = `
local function new_target()
  return {
    waiting = 0, inFlight = 0, round = 0, served = 0, isPaused = false, heldUntil = 0, isTripped = false, openUntil = 0,
    openMs = 0, failures = 0, worked = 0, failed = 0, lastCall = 0, paidUntil = 0, limits = {}, disabledFor = {}
  }
end

local function strictest(record, place)
  local least
  for _, limits in pairs(record.limits) do
    if limits[place] and (not least or limits[place] < least) then least = limits[place] end
  end
  return least
end

-- Calls that may be made at once: those of a tenth of a second, at least one.
local function burst_of(rate)
  return math.max(1, math.ceil(rate / 10))
end

local function set_limits(record, rule, concurrency, rate)
  record.limits[rule] = (concurrency or rate) and {concurrency, rate, ms} or nil
end

local function allowance(record, concurrency)
  if record.isPaused or record.heldUntil > now then return 0 end
  if record.isTripped then return (record.openUntil > now or record.inFlight > 0) and 0 or 1 end
  local free = (strictest(record, 1) or concurrency) - record.inFlight
  local rate = strictest(record, 2)
  if not rate then return math.max(0, free) end
  local ahead = math.max(record.paidUntil, now) - now
  return math.max(0, math.min(free, math.floor(burst_of(rate) - ahead * rate / 1000 + 1e-6)))
end

local function claimed(record, count)
  local rate = strictest(record, 2)
  if rate then record.paidUntil = math.max(record.paidUntil, now) + count * 1000 / rate end
  record.waiting = record.waiting - count
  record.inFlight = record.inFlight + count
  record.served = now
end

-- When something of the target can be claimed; nil for not before something changes.
local function claimable_at(record, due, concurrency)
  if not due or record.isPaused then return nil end
  local at = math.max(due, record.served, record.heldUntil)
  if record.isTripped then return record.inFlight == 0 and math.max(at, record.openUntil) or nil end
  local most = strictest(record, 1) or concurrency
  if most and record.inFlight >= most then return nil end
  local rate = strictest(record, 2)
  if rate then at = math.max(at, math.ceil(record.paidUntil - (burst_of(rate) - 1) * 1000 / rate)) end
  return at
end

-- A clock that was set back does not stop a target, nor do the limits of a rule that is gone.
local function follow_clock(record)
  for rule, limits in pairs(record.limits) do
    if record.waiting == 0 and (limits[3] or ms) < ms - ${targetMemoryMs} then record.limits[rule] = nil end
  end
  record.served = math.min(record.served, now)
  local rate = strictest(record, 2)
  if rate then record.paidUntil = math.min(record.paidUntil, now + burst_of(rate) * 1000 / rate) end
end

local function close(record)
  record.isTripped, record.openUntil, record.openMs, record.failures = false, 0, 0, 0
end

local function called(record, health, failures, openMs, maxOpenMs)
  if health == 'unknown' then return end
  record.lastCall = ms
  if health == 'worked' then
    record.worked = record.worked + 1
    close(record)
    return
  end
  record.failed = record.failed + 1
  record.failures = record.failures + 1
  if record.isTripped and record.openUntil > now then return end
  if not record.isTripped and record.failures < failures then return end
  record.openMs = math.min(record.isTripped and record.openMs * 2 or openMs, maxOpenMs)
  record.isTripped = true
  record.openUntil = ms + record.openMs
end

local function is_forgettable(record)
  return record.waiting == 0 and record.inFlight == 0 and not record.isPaused and #record.disabledFor == 0
end
`
