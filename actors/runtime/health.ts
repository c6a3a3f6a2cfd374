/**
 * Liveness and readiness of the process. Live: it answers. Ready: its actors are up, it is not about to stop, and each
 * service its actors require has a system that answers. Lives as long as the process.
 */
import { Clock, type Context, Effect, Result } from "effect"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { Dependency } from "../../bridge/dependency.ts"
import type { ActorFigures } from "../../contracts/actor-stats.ts"
import { Failure } from "../../contracts/failure.ts"
import { exportDependency } from "./dependency-figures.ts"
import { monotonicMillis } from "./monotonic-clock.ts"

export type ActorState = "starting" | "up" | "restarting" | "given up" | "stopping"

/** The result of checking one system that the actors of this process require. */
export interface DependencyReport {
  readonly name: string
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  readonly ok: boolean
  /** Seconds since it last answered; null if it never has. */
  readonly lastSuccessAge: number | null
  readonly error?: string
  /** Its refusals that last until an operator acts, although it answers: one sentence each. */
  readonly refusals?: ReadonlyArray<string>
}

export interface HealthReport {
  /** Degraded: it works, but part of it waits until an operator acts. */
  readonly status: "ready" | "degraded" | "not ready"
  readonly actors: Readonly<Record<string, ActorState>>
  readonly seams: ReadonlyArray<DependencyReport>
}

export interface Health {
  readonly setActor: (name: string, state: ActorState) => void
  /** Whether the process is stopping: it still answers, but clients should reconnect elsewhere. */
  readonly isLeaving: () => boolean
  /** Adds the systems behind one service; of several (queue servers) one that answers is enough. */
  readonly addDependencies: (systems: ReadonlyArray<readonly [name: string, dependency: Dependency]>) => void
  /** Exports the metrics of all dependencies that were added. */
  readonly exportDependencies: Effect.Effect<void>
  readonly report: Effect.Effect<HealthReport>
  /**
   * The last results for the systems of these names (default: all), without waiting. A result older than two seconds is
   * refreshed in the background, so without calls no system is checked.
   */
  readonly lastFound: (systems?: ReadonlyArray<string>) => Effect.Effect<SystemsFound>
  /** The state of the actor of that name; undefined without such an actor in this process. */
  readonly stateOf: (name: string) => ActorState | undefined
  /**
   * Adds work that brings figures up to date before they are read. It must not wait for another system. Returns the effect
   * that removes it.
   */
  readonly addFigures: (refresh: Effect.Effect<void>) => Effect.Effect<void>
  /** Brings all figures up to date, before somebody reads Effect's metrics. Never fails. */
  readonly refreshFigures: Effect.Effect<void>
  /** All metrics of the process, up to date, in the Prometheus text format. */
  readonly metrics: Effect.Effect<string>
}

/** By system name: "ok" or the error (absent: not checked yet), the kind and address of the system, and its refusals. */
export type SystemsFound = Required<Pick<ActorFigures, "seams" | "systems">> & Pick<ActorFigures, "refusals">

interface Entry {
  readonly name: string
  readonly dependency: Dependency
  lastSuccess: number | undefined
  /** The last result, "ok" or the error; and when that check was made or the current one began (monotonic). */
  found: string | undefined
  checkedAt: number
}

/** How long one check may take. */
const checkTimeout = "2 seconds"

/** How long the result of a check stays current, milliseconds. */
const freshMs = 2_000

/** The refusals of the systems, by name; no field without refusals. */
const refusalsOf = (entries: ReadonlyArray<Entry>): Pick<SystemsFound, "refusals"> => {
  const refusals = entries.flatMap(({ name, dependency }) => {
    const sentences = dependency.refusals?.() ?? []
    return sentences.length === 0 ? [] : [[name, sentences.join(" ")]]
  })
  return refusals.length === 0 ? {} : { refusals: Object.fromEntries(refusals) }
}

/** Checks the system now, and keeps the result in the entry. */
const checkNow = Effect.fnUntraced(function* (entry: Entry): Effect.fn.Return<DependencyReport> {
  const { kind, embedded, address, check } = entry.dependency
  const noAnswer = new Failure({ reason: "timeout", message: `${address || kind} does not answer` })
  const inTime = Effect.timeoutOrElse(check, { duration: checkTimeout, orElse: () => Effect.fail(noAnswer) })
  const result = yield* Effect.result(inTime)
  const now = yield* Clock.currentTimeMillis
  if (Result.isSuccess(result)) entry.lastSuccess = now
  const lastSuccessAge = entry.lastSuccess === undefined ? null : (now - entry.lastSuccess) / 1000
  entry.found = Result.isSuccess(result) ? "ok" : result.failure.message
  entry.checkedAt = yield* monotonicMillis
  const refusals = entry.dependency.refusals?.() ?? []
  const report = {
    ...{ name: entry.name, kind, embedded, address, ok: Result.isSuccess(result), lastSuccessAge },
    ...(refusals.length === 0 ? {} : { refusals })
  }
  return Result.isFailure(result) ? { ...report, error: result.failure.message } : report
})

/** Checks each system whose last result is no longer current, so that its metrics are. Takes at most as long as a check. */
const checkStale = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
  const now = yield* monotonicMillis
  const stale = entries.filter(({ checkedAt }) => now - checkedAt >= freshMs)
  yield* Effect.forEach(
    stale,
    (entry) => {
      entry.checkedAt = now
      return checkNow(entry)
    },
    { concurrency: "unbounded", discard: true }
  )
})

/** The last results at once; starts a check in the background where the last one is no longer current. */
const lastResults = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
  const now = yield* monotonicMillis
  for (const entry of entries) {
    if (now - entry.checkedAt < freshMs) continue
    entry.checkedAt = now
    yield* Effect.forkDetach(checkNow(entry))
  }
  return {
    ...refusalsOf(entries),
    seams: Object.fromEntries(
      entries.flatMap(({ name, found }) => (found === undefined ? [] : [[name, found]]))
    ),
    systems: Object.fromEntries(
      entries.map(({ name, dependency: { kind, embedded, address } }) => [name, { kind, embedded, address }])
    )
  } satisfies SystemsFound
})

export const makeHealth = (): Health => {
  const actors: Record<string, ActorState> = {}
  const services: Array<ReadonlyArray<Entry>> = []
  const figures = new Set<Effect.Effect<void>>()
  let isLeaving = false
  const refreshFigures = Effect.suspend(() => {
    // Reading the refusals removes those that have ended, so that their metric is current.
    for (const { dependency } of services.flat()) dependency.refusals?.()
    return Effect.forEach([...figures], (refresh) => Effect.catchCause(refresh, () => Effect.void), {
      discard: true
    })
  })

  return {
    setActor: (name, state) => {
      isLeaving ||= state === "stopping"
      actors[name] = state
    },
    isLeaving: () => isLeaving,
    addDependencies: (added) => {
      if (added.length > 0)
        services.push(
          added.map(([name, dependency]) => ({
            name,
            dependency,
            lastSuccess: undefined,
            found: undefined,
            checkedAt: Number.NEGATIVE_INFINITY
          }))
        )
    },
    exportDependencies: Effect.contextWith((context: Context.Context<never>) =>
      Effect.sync(() => {
        for (const entry of services.flat())
          exportDependency(context, entry.name, entry.dependency, () => (entry.found ?? "ok") === "ok")
      })
    ),
    stateOf: (name) => actors[name],
    lastFound: (systems) =>
      Effect.suspend(() =>
        lastResults(services.flat().filter(({ name }) => systems?.includes(name) ?? true))
      ),
    report: Effect.gen(function* () {
      const reports = yield* Effect.forEach(
        services,
        (entries) => Effect.forEach(entries, checkNow, { concurrency: "unbounded" }),
        { concurrency: "unbounded" }
      )
      const hasAllServices = reports.every((systems) => systems.some(({ ok }) => ok))
      const isReady = hasAllServices && Object.values(actors).every((state) => state === "up")
      const hasNoRefusals = reports.flat().every(({ refusals }) => refusals === undefined)
      const status = !isReady ? "not ready" : hasNoRefusals ? "ready" : "degraded"
      return { status, actors: { ...actors }, seams: reports.flat() } satisfies HealthReport
    }),
    addFigures: (refresh) => {
      figures.add(refresh)
      return Effect.sync(() => void figures.delete(refresh))
    },
    refreshFigures,
    metrics: Effect.gen(function* () {
      yield* refreshFigures
      yield* checkStale(services.flat())
      yield* refreshFigures
      return yield* PrometheusMetrics.format()
    })
  }
}
