/**
 * The shared rate limits in Redis or Valkey, by the server's clock: `{spoor:rate}:<table>:<name>` is the time at which the bucket
 * will be full, and expires a second later. The connection lives as long as the scope.
 */
import { Effect, type Redacted, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect } from "../redis/connection.ts"
import type { RateShare } from "./service.ts"

/** KEYS: buckets · ARGV: the cost for each, milliseconds · returns the time until each is full, milliseconds. */
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

/** Opens with or without a reachable server. Fails with `misconfigured` for an invalid URL. */
export const redisRateShare = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
): Effect.fn.Return<RateShare["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const { address, outage, check } = connection
  const spend = connection.script(spendScript)
  return {
    dependency: { kind: "redis", embedded: false, address, outage, check },
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
