/**
 * Caches the salts of visitor ids: today's, yesterday's in the first hour of a day, tomorrow's in the last. All gateways
 * agree on them once a minute, so that midnight needs no request to the store; a lost salt is restored.
 */
import { Clock, Duration, Effect, type Scope } from "effect"
import type { VisitorSalts } from "../../bridge/visitor-salts/service.ts"
import { daysAt, newSalt, type SaltOf } from "../../gateway/privacy/visitor-id.ts"

const refreshInterval = Duration.minutes(1)
/** The interval while a needed salt is missing. */
const retryInterval = Duration.seconds(1)

export interface CachedSalts {
  readonly saltOf: SaltOf
  /** Agrees on the salts once, then every minute until the scope closes. Never fails: an unavailable store is retried. */
  readonly refresh: Effect.Effect<void, never, Scope.Scope>
}

export const cachedSalts = (service: VisitorSalts["Service"]): CachedSalts => {
  const salts = new Map<number, string>()
  const agreeing = service.dependency.outage?.operation({
    isSteady: true,
    meanwhile: "Without the salt of a day, its events have no visitor id."
  })

  const round = Effect.gen(function* () {
    const days = daysAt(yield* Clock.currentTimeMillis)
    for (const day of salts.keys()) if (!days.includes(day)) salts.delete(day)
    for (const day of days) salts.set(day, yield* service.agree(day, salts.get(day) ?? newSalt()))
    agreeing?.worked()
    return refreshInterval
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.sync(() => {
        agreeing?.failed(message)
        return retryInterval
      })
    )
  )

  return {
    saltOf: (day) => salts.get(day),
    refresh: Effect.flatMap(round, (time) =>
      Effect.forkScoped(
        Effect.andThen(Effect.sleep(time), Effect.forever(Effect.flatMap(round, Effect.sleep)))
      )
    ).pipe(Effect.asVoid)
  }
}
