/**
 * Keeps the salts of visitor ids at hand: today's, yesterday's in the first hour of a day, tomorrow's in the last. All
 * gateways agree on them once a minute, so that midnight asks nothing of anybody; a salt that was lost is put back.
 */
import { Clock, Duration, Effect, type Scope } from "effect"
import type { VisitorSalts } from "../../bridge/visitor-salts/service.ts"
import { dayMilliseconds, dayOf, overlapMilliseconds, type SaltOf } from "../../gateway/privacy/visitor-id.ts"

const pause = Duration.minutes(1)
/** While a salt that is needed is missing. */
const shortPause = Duration.seconds(1)

const newSalt = (): string => crypto.getRandomValues(new Uint8Array(16)).toHex()

export interface CachedSalts {
  readonly saltOf: SaltOf
  /** Agrees on them once, and on more each minute until the scope closes. Never fails: what is away is asked again. */
  readonly keep: Effect.Effect<void, never, Scope.Scope>
}

/** The days whose salts are needed about that moment. */
export const daysAt = (now: number): ReadonlyArray<number> => {
  const today = dayOf(now)
  const time = now % dayMilliseconds
  if (time < overlapMilliseconds) return [today, today - 1]
  return time >= dayMilliseconds - overlapMilliseconds ? [today, today + 1] : [today]
}

export const cachedSalts = (service: VisitorSalts["Service"]): CachedSalts => {
  const salts = new Map<number, string>()
  let isAway = false

  const round = Effect.gen(function* () {
    const days = daysAt(yield* Clock.currentTimeMillis)
    for (const day of salts.keys()) if (!days.includes(day)) salts.delete(day)
    for (const day of days) salts.set(day, yield* service.agree(day, salts.get(day) ?? newSalt()))
    if (isAway) yield* Effect.logInfo("The salts of visitor ids can be had again.")
    isAway = false
    return pause
  }).pipe(
    Effect.catch((failure) =>
      Effect.gen(function* () {
        if (!isAway)
          yield* Effect.logWarning(
            `The salts of visitor ids cannot be had (where today's is missing, events carry no id): ${failure.message}`
          )
        isAway = true
        return shortPause
      })
    )
  )

  return {
    saltOf: (day) => salts.get(day),
    keep: Effect.flatMap(round, (time) =>
      Effect.forkScoped(
        Effect.andThen(Effect.sleep(time), Effect.forever(Effect.flatMap(round, Effect.sleep)))
      )
    ).pipe(Effect.asVoid)
  }
}
