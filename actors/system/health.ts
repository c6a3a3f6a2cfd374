/**
 * Whether this process lives and whether it can do its work. Live: it answers. Ready: its actors are up, it is not
 * about to stop, and every service its actors need has a system that answers; with the age of each one's last success.
 */
import { Clock, Effect, Result } from "effect"
import { PrometheusMetrics } from "effect/observability"
import type { Seam } from "../../bridge/seam.ts"

export type ActorState = "starting" | "up" | "restarting" | "stopping"

/** One system that the actors of this process need, as it was found just now. */
export interface SeamReport {
  readonly name: string
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  readonly ok: boolean
  /** Seconds since it last answered; null when it never has. */
  readonly lastSuccessAge: number | null
  readonly error?: string
}

export interface HealthReport {
  readonly status: "ready" | "not ready"
  readonly actors: Readonly<Record<string, ActorState>>
  readonly seams: ReadonlyArray<SeamReport>
}

export interface Health {
  readonly setActor: (name: string, state: ActorState) => void
  /** Has the process been told to stop? It still answers then, and wants everyone to move on. */
  readonly isLeaving: () => boolean
  /** Adds what stands behind one service; of several (queue servers) one that answers is enough. */
  readonly addSeams: (seams: ReadonlyArray<readonly [name: string, seam: Seam]>) => void
  readonly report: Effect.Effect<HealthReport>
  /** Every figure of the process, as Prometheus text. */
  readonly metrics: Effect.Effect<string>
}

interface Entry {
  readonly name: string
  readonly seam: Seam
  lastSuccess: number | undefined
}

/** How long one system may take to answer. */
const patience = "2 seconds"

export const makeHealth = (): Health => {
  const actors: Record<string, ActorState> = {}
  const services: Array<ReadonlyArray<Entry>> = []
  let isLeaving = false

  const inspect = Effect.fnUntraced(function* (entry: Entry): Effect.fn.Return<SeamReport> {
    const { kind, embedded, address, check } = entry.seam
    const result = yield* Effect.result(Effect.timeout(check, patience))
    const now = yield* Clock.currentTimeMillis
    if (Result.isSuccess(result)) entry.lastSuccess = now
    const lastSuccessAge = entry.lastSuccess === undefined ? null : (now - entry.lastSuccess) / 1000
    const report = { name: entry.name, kind, embedded, address, ok: Result.isSuccess(result), lastSuccessAge }
    return Result.isFailure(result) ? { ...report, error: result.failure.message } : report
  })

  return {
    setActor: (name, state) => {
      isLeaving ||= state === "stopping"
      actors[name] = state
    },
    isLeaving: () => isLeaving,
    addSeams: (added) => {
      if (added.length > 0)
        services.push(added.map(([name, seam]) => ({ name, seam, lastSuccess: undefined })))
    },
    report: Effect.gen(function* () {
      const reports = yield* Effect.forEach(
        services,
        (entries) => Effect.forEach(entries, inspect, { concurrency: "unbounded" }),
        { concurrency: "unbounded" }
      )
      const isServed = reports.every((seams) => seams.some(({ ok }) => ok))
      const isReady = isServed && Object.values(actors).every((state) => state === "up")
      return { status: isReady ? "ready" : "not ready", actors: { ...actors }, seams: reports.flat() }
    }),
    metrics: PrometheusMetrics.format()
  }
}
