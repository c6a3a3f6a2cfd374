/**
 * The shared limits in Redis or Valkey, by its clock: `{spoor:rate}:<table>:<name>` holds when the bucket will be full
 * and is gone a second after that. Connected as long as the scope.
 */
import { Effect, type Redacted, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect } from "../redis/connection.ts"
import type { RateShare } from "./service.ts"

/** KEYS buckets · ARGV what was taken of each, milliseconds · how far each is from being full, milliseconds. */
const spendScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local ahead = {}
for i, key in ipairs(KEYS) do
  local full = math.max(tonumber(redis.call('GET', key) or '') or 0, now) + tonumber(ARGV[i])
  ahead[i] = math.ceil(full - now)
  redis.call('SET', key, string.format('%.3f', full), 'PX', ahead[i] + 1000)
end
return ahead
`

/** A server that is away does not keep it from opening. Fails with `misconfigured` for a URL that is none. */
export const redisRateShare = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
): Effect.fn.Return<RateShare["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const spend = connection.script(spendScript)
  return {
    dependency: { kind: "redis", embedded: false, address: connection.address, check: connection.check },
    spend: Effect.fnUntraced(function* (table, costs) {
      if (costs.length === 0) return []
      const keys = costs.map(({ name }) => `{spoor:rate}:${table}:${name}`)
      const reply = yield* spend(
        keys,
        costs.map(({ cost }) => cost)
      )
      return Array.isArray(reply) ? reply.map(Number) : []
    })
  }
})
