/**
 * The gateway's write keys, from WRITE_KEYS or the file in WRITE_KEYS_FILE, which is read again at SIGHUP. A request uses
 * the keys of the moment it arrives. Lives as long as the gateway.
 */
import { Effect, Redacted, type Scope } from "effect"
import { topicSettings } from "../../bridge/topics.ts"
import { Failure } from "../../contracts/failure.ts"
import { rateLimitPerKey, writeKeyList } from "../../gateway/guard/settings.ts"
import type { FindKey } from "../../gateway/guard/write-keys.ts"
import { readWriteKeys } from "../../gateway/protection.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { reloadableFromFile } from "../runtime/reload.ts"

/** Finds a key among the present ones; undefined when anyone may send. */
export const findWriteKey: Effect.Effect<FindKey | undefined, StartFailure, Scope.Scope> = Effect.gen(
  function* () {
    const text = Effect.map(writeKeyList.config, (list) => (list === undefined ? "" : Redacted.value(list)))
    let read = yield* text
    let find = yield* readWriteKeys
    if (find === undefined) return undefined
    yield* reloadableFromFile(
      writeKeyList,
      [rateLimitPerKey, ...topicSettings],
      Effect.gen(function* () {
        const now = yield* text
        const found = yield* readWriteKeys
        if (found === undefined)
          return yield* misconfigured(
            "WRITE_KEYS is no longer set: restart the gateway to accept events from anyone."
          )
        const hasChanged = now !== read
        if (hasChanged) find = found
        read = now
        return hasChanged
      })
    )
    return (key) => find?.(key)
  }
)

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })
