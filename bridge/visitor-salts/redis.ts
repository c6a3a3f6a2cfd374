/** Salts in Redis or Valkey, as `{spoor:visitor}:salt:<day>` with an expiry. The connection lives as long as the scope. */
import { Effect, type Redacted, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect } from "../redis/connection.ts"
import { endOfSalt, type VisitorSalts } from "./service.ts"

/** Opens with or without a reachable server. Fails with `misconfigured` for an invalid URL. */
export const redisSalts = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
): Effect.fn.Return<VisitorSalts["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const { address, outage, check } = connection
  return {
    dependency: { kind: "redis", embedded: false, address, outage, check },
    agree: Effect.fnUntraced(function* (day, proposed) {
      const key = `{spoor:visitor}:salt:${day}`
      yield* connection.command("SET", key, proposed, "NX", "PXAT", endOfSalt(day))
      const stored = yield* connection.command("GET", key)
      if (stored !== null) return String(stored)
      return yield* new Failure({
        reason: "unavailable",
        message: `The salt of day ${day} has expired.`
      })
    })
  }
})
