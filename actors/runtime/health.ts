/**
 * Whether this process lives and whether it can do its work. Live: it answers. Ready: its actors are up, it is not
 * about to stop, and every service its actors need has a system that answers; with the age of each one's last success.
 */
import { Clock, Effect, Result } from "effect"
import { PrometheusMetrics } from "effect/observability"
import type { Dependency } from "../../bridge/dependency.ts"
import type { ActorFigures } from "../../contracts/actor-stats.ts"
import { Failure } from "../../contracts/failure.ts"
import { steadyMillis } from "./monotonic-clock.ts"

export type ActorState = "starting" | "up" | "restarting" | "stopping"

/** One system that the actors of this process need, as it was found just now. */
export interface DependencyReport {
  readonly name: string
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  readonly ok: boolean
  /** Seconds since it last answered; null when it never has. */
  readonly lastSuccessAge: number | null
  readonly error?: string
  /** What it refuses until somebody acts, though it answers: a sentence for each. */
  readonly refusals?: ReadonlyArray<string>
}

export interface HealthReport {
  /** Degraded: it works, but a part of it waits until somebody acts. */
  readonly status: "ready" | "degraded" | "not ready"
  readonly actors: Readonly<Record<string, ActorState>>
  readonly seams: ReadonlyArray<DependencyReport>
}

export interface Health {
  readonly setActor: (name: string, state: ActorState) => void
  /** Has the process been told to stop? It still answers then, and wants everyone to move on. */
  readonly isLeaving: () => boolean
  /** Adds what stands behind one service; of several (queue servers) one that answers is enough. */
  readonly addDependencies: (seams: ReadonlyArray<readonly [name: string, dependency: Dependency]>) => void
  readonly report: Effect.Effect<HealthReport>
  /**
   * How the systems of these names (or all) were found last, at once; what was not looked at for two seconds is looked
   * at again, behind the back of who asks. So nothing is looked at while nobody asks.
   */
  readonly lastFound: (systems?: ReadonlyArray<string>) => Effect.Effect<SystemsFound>
  /** How the actor of that name is; undefined when there is none in this process. */
  readonly stateOf: (name: string) => ActorState | undefined
  /** Every figure of the process, as Prometheus text. */
  readonly metrics: Effect.Effect<string>
}

/** Each system by name: "ok" or what is wrong (absent: not looked at yet), what it is, and what it refuses. */
export type SystemsFound = Required<Pick<ActorFigures, "seams" | "systems">> & Pick<ActorFigures, "refusals">

interface Entry {
  readonly name: string
  readonly dependency: Dependency
  lastSuccess: number | undefined
  /** "ok" or what is wrong, as found last; and when that was, or when the look began that is under way (steady). */
  found: string | undefined
  lookedAt: number
}

/** How long one system may take to answer. */
const patience = "2 seconds"

/** For how long what was found of a system holds, milliseconds. */
const holds = 2_000

/** What the systems refuse, by their names; nothing where none does. */
const refusalsOf = (entries: ReadonlyArray<Entry>): Pick<SystemsFound, "refusals"> => {
  const refusals = entries.flatMap(({ name, dependency }) => {
    const said = dependency.refusals?.() ?? []
    return said.length === 0 ? [] : [[name, said.join(" ")]]
  })
  return refusals.length === 0 ? {} : { refusals: Object.fromEntries(refusals) }
}

export const makeHealth = (): Health => {
  const actors: Record<string, ActorState> = {}
  const services: Array<ReadonlyArray<Entry>> = []
  let isLeaving = false

  const inspect = Effect.fnUntraced(function* (entry: Entry): Effect.fn.Return<DependencyReport> {
    const { kind, embedded, address, check } = entry.dependency
    const silent = new Failure({ reason: "timeout", message: `${address || kind} does not answer` })
    const inTime = Effect.timeoutOrElse(check, { duration: patience, orElse: () => Effect.fail(silent) })
    const result = yield* Effect.result(inTime)
    const now = yield* Clock.currentTimeMillis
    if (Result.isSuccess(result)) entry.lastSuccess = now
    const lastSuccessAge = entry.lastSuccess === undefined ? null : (now - entry.lastSuccess) / 1000
    entry.found = Result.isSuccess(result) ? "ok" : result.failure.message
    entry.lookedAt = yield* steadyMillis
    const refusals = entry.dependency.refusals?.() ?? []
    const report = {
      ...{ name: entry.name, kind, embedded, address, ok: Result.isSuccess(result), lastSuccessAge },
      ...(refusals.length === 0 ? {} : { refusals })
    }
    return Result.isFailure(result) ? { ...report, error: result.failure.message } : report
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
            lookedAt: Number.NEGATIVE_INFINITY
          }))
        )
    },
    stateOf: (name) => actors[name],
    lastFound: Effect.fnUntraced(function* (systems) {
      const now = yield* steadyMillis
      const entries = services.flat().filter(({ name }) => systems?.includes(name) ?? true)
      for (const entry of entries) {
        if (now - entry.lookedAt < holds) continue
        entry.lookedAt = now
        yield* Effect.forkDetach(inspect(entry))
      }
      return {
        ...refusalsOf(entries),
        seams: Object.fromEntries(
          entries.flatMap(({ name, found }) => (found === undefined ? [] : [[name, found]]))
        ),
        systems: Object.fromEntries(
          entries.map(({ name, dependency: { kind, embedded, address } }) => [
            name,
            { kind, embedded, address }
          ])
        )
      }
    }),
    report: Effect.gen(function* () {
      const reports = yield* Effect.forEach(
        services,
        (entries) => Effect.forEach(entries, inspect, { concurrency: "unbounded" }),
        { concurrency: "unbounded" }
      )
      const isServed = reports.every((seams) => seams.some(({ ok }) => ok))
      const isReady = isServed && Object.values(actors).every((state) => state === "up")
      const isWhole = reports.flat().every(({ refusals }) => refusals === undefined)
      const status = !isReady ? "not ready" : isWhole ? "ready" : "degraded"
      return { status, actors: { ...actors }, seams: reports.flat() } satisfies HealthReport
    }),
    metrics: Effect.suspend(() => {
      // Who asks a system what it refuses makes it forget what it no longer does.
      for (const { dependency } of services.flat()) dependency.refusals?.()
      return PrometheusMetrics.format()
    })
  }
}
