/** The salts in Redis or Valkey, `{spoor:visitor}:salt:<day>` each; the server forgets them. Connected as long as the scope. */
import { Effect, type Redacted, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect } from "../redis/connection.ts"
import { endOfSalt, type VisitorSalts } from "./service.ts"

/** A server that is away does not keep it from opening. Fails with `misconfigured` for a URL that is none. */
export const redisSalts = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
): Effect.fn.Return<VisitorSalts["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  return {
    dependency: { kind: "redis", embedded: false, address: connection.address, check: connection.check },
    agree: Effect.fnUntraced(function* (day, mine) {
      const key = `{spoor:visitor}:salt:${day}`
      yield* connection.command("SET", key, mine, "NX", "PXAT", endOfSalt(day))
      const kept = yield* connection.command("GET", key)
      if (kept !== null) return String(kept)
      return yield* new Failure({
        reason: "unavailable",
        message: `The salt of day ${day} is already forgotten.`
      })
    })
  }
})
