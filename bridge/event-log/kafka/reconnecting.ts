/**
 * A cluster whose connections are made when they are first needed and replaced by new ones whenever one has failed.
 * Lives as long as its scope.
 */
import { Effect, type Scope } from "effect"
import type { ConnectionState } from "../../connection-state.ts"
import type { Cluster } from "./cluster.ts"
import { connectionReason } from "./errors.ts"

export interface Link {
  /** Uses the cluster, connecting first when there is none. Fails with the error of the request. */
  readonly use: <A>(work: (cluster: Cluster) => Promise<A>) => Effect.Effect<A, unknown>
  /** The connected cluster; for those who must know which one they used. */
  readonly connected: Effect.Effect<Cluster, unknown>
  /** The next user gets new connections. Requests in flight on these may still end, for `graceMs`. */
  readonly replace: (cluster: Cluster) => void
}

/**
 * `tries`: how many clusters in a row may fail to connect before the attempt fails: one for each broker's address.
 * `graceMs`: how long a replaced cluster is kept for its requests in flight, milliseconds.
 * `state` receives every successful connection and login, and the cause of every failed one.
 */
export const makeLink = (
  make: () => Cluster,
  tries: number,
  graceMs: number,
  state: ConnectionState
): Effect.Effect<Link, never, Scope.Scope> => {
  let current: { readonly cluster: Cluster; readonly ready: Promise<void> } | undefined
  let isClosed = false
  const leaving = new Map<Cluster, ReturnType<typeof setTimeout>>()

  const replace = (cluster: Cluster): void => {
    if (current?.cluster !== cluster) return
    current = undefined
    const leave = (): void => {
      leaving.delete(cluster)
      cluster.close()
    }
    leaving.set(cluster, setTimeout(leave, graceMs))
  }

  const connected = Effect.tryPromise({
    try: async () => {
      for (let left = tries; ; left--) {
        if (current === undefined) {
          const cluster = make()
          current = { cluster, ready: cluster.connect() }
        }
        const { cluster, ready } = current
        try {
          await ready
          state.up()
          return cluster
        } catch (error) {
          // Several may have waited for the same cluster; it has failed once.
          const isFirst = current?.cluster === cluster
          replace(cluster)
          if (left > 1 && !isClosed) continue
          if (isFirst && !isClosed) state.down(connectionReason(error))
          throw error
        }
      }
    },
    catch: (error) => error
  })

  const close = Effect.sync(() => {
    isClosed = true
    for (const [cluster, timer] of leaving) {
      clearTimeout(timer)
      cluster.close()
    }
    leaving.clear()
    current?.cluster.close()
    current = undefined
  })

  const use = <A>(work: (cluster: Cluster) => Promise<A>): Effect.Effect<A, unknown> =>
    Effect.flatMap(connected, (cluster) =>
      Effect.tryPromise({ try: () => work(cluster), catch: (error) => error }).pipe(
        Effect.tapError(() => Effect.sync(() => replace(cluster)))
      )
    )

  return Effect.acquireRelease(Effect.succeed({ use, connected, replace }), () => close)
}
