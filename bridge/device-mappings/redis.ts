/**
 * Device mappings in Redis or Valkey, a single server or a cluster, in one slot. The connection lives as long as the scope.
 *
 * `{spoor:devices}:device:<id>` is a hash of a device's columns; `{spoor:devices}:ids` is a sorted set of the ids, for
 * listing.
 */
import { Clock, Effect, type Redacted, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect, type Reply } from "../redis/connection.ts"
import { watchRefusals } from "../redis/refused.ts"
import { makeWriter } from "../redis/writer.ts"
import type { DeviceMapping, DeviceMappings } from "./service.ts"
import { columns, columnsOf, mappingOf, pageOf, valuesOf } from "./stored.ts"

/** KEYS: device, ids · ARGV: id, time, columns and values alternately · returns 1 for a new device. */
export const putScript = `
local isNew = redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('HSETNX', KEYS[1], 'created', ARGV[2])
redis.call('HSET', KEYS[1], 'updated', ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return isNew
`

/** KEYS: device, ids · ARGV: id · returns 1 when the device existed. */
export const removeScript = `
redis.call('DEL', KEYS[1])
return redis.call('ZREM', KEYS[2], ARGV[1])
`

/** KEYS: device · ARGV: time, value, columns, the first of which must have the value · returns 1 when it had. */
export const forgetScript = `
if redis.call('HGET', KEYS[1], ARGV[3]) ~= ARGV[2] then return 0 end
for i = 3, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
redis.call('HSET', KEYS[1], 'updated', ARGV[1])
return 1
`

const meanwhile = "Registrations are answered with 503, and messages to devices wait."

/** Opens the store, even while the server is unreachable. `prefix` has a hash tag. Fails with `misconfigured` for an invalid URL. */
export const redisDeviceMappings = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions,
  prefix = "{spoor:devices}"
): Effect.fn.Return<DeviceMappings["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const { address, outage, command } = connection
  const refusals = watchRefusals(connection, meanwhile, `${prefix}:probe`)
  const writer = makeWriter(connection, prefix, yield* Effect.scope, options?.commandTimeout)
  const scripts = {
    put: writer.script(putScript),
    remove: writer.script(removeScript),
    forget: writer.script(forgetScript)
  }
  const ids = `${prefix}:ids`
  const keyOf = (deviceId: string): string => `${prefix}:device:${deviceId}`

  const get = (deviceId: string): Effect.Effect<DeviceMapping | undefined, Failure> =>
    Effect.map(command("HMGET", keyOf(deviceId), ...names), (reply) => mappingIn(deviceId, reply))

  return {
    dependency: { kind: "redis", embedded: false, address, outage, check: refusals.check },

    put: Effect.fnUntraced(function* (deviceId, fields) {
      const now = yield* Clock.currentTimeMillis
      const args = [deviceId, now, ...valuesOf(fields).flat()]
      const added = yield* refusals.watched(scripts.put([keyOf(deviceId), ids], args))
      return added === 1 ? "created" : "changed"
    }),

    get,

    list: Effect.fnUntraced(function* (after, limit) {
      const start = after === undefined ? "-" : `(${after}`
      const reply = yield* command("ZRANGEBYLEX", ids, start, "+", "LIMIT", 0, limit + 1)
      const found = Array.isArray(reply) ? reply.map(String) : []
      const mappings = yield* Effect.forEach(found, get, { concurrency: 32 })
      const page = pageOf(
        mappings.flatMap((mapping) => mapping ?? []),
        limit
      )
      return { ...page, next: found.length > limit ? found[limit - 1] : undefined }
    }),

    remove: (deviceId) =>
      Effect.map(
        refusals.watched(scripts.remove([keyOf(deviceId), ids], [deviceId])),
        (removed) => removed === 1
      ),

    forget: Effect.fnUntraced(function* (deviceId, field, value) {
      const now = yield* Clock.currentTimeMillis
      const forgotten = yield* refusals.watched(
        scripts.forget([keyOf(deviceId)], [now, value, ...columnsOf[field]])
      )
      return forgotten === 1
    })
  }
})

const names = [...columns, "created", "updated"] as const

/** Undefined for a device without a time, which does not exist. */
const mappingIn = (deviceId: string, reply: Reply): DeviceMapping | undefined => {
  const values = Array.isArray(reply) ? reply : []
  const row = Object.fromEntries(
    names.flatMap((name, i) => {
      const value = values[i]
      return value === null || value === undefined ? [] : [[name, String(value)] as const]
    })
  )
  return row.created === undefined
    ? undefined
    : mappingOf(deviceId, row, Number(row.created), Number(row.updated))
}
