/**
 * A connection to Kafka that is made when it is first needed and replaced by a new one whenever it has failed.
 * It lives as long as its scope.
 */
import { Effect, type Scope } from "effect"
import type { ConnectionState } from "../../connection-state.ts"
import type { Client } from "./client.ts"
import { connectionReason } from "./errors.ts"

/** What a client must offer to be kept here. */
interface Connects {
  readonly connect: () => Promise<void>
}

export interface Link<C> {
  /** Uses the connection, making it first when there is none. Fails with whatever the client says. */
  readonly use: <A>(work: (api: C) => Promise<A>) => Effect.Effect<A, unknown>
  /** The connected client; for those who must know which one they used. */
  readonly connected: Effect.Effect<C, unknown>
  /** Whoever comes next gets a new connection. What is under way on this one may still end, for `grace`. */
  readonly replace: (api: C) => void
}

/** How long closing may take when the scope ends, milliseconds. */
const patience = 2_000

/**
 * `tries`: how many clients in a row may fail to connect before that is impossible: one for each broker's address.
 * `grace`: how long a replaced client is kept for what is still under way on it, milliseconds.
 * `state`: hears of each client that has connected and logged in, and why that is impossible.
 */
export const makeLink = <C extends Connects>(
  make: () => Client<C>,
  tries: number,
  grace: number,
  state: ConnectionState
): Effect.Effect<Link<C>, never, Scope.Scope> => {
  let current: { readonly client: Client<C>; readonly ready: Promise<void> } | undefined
  let isClosed = false
  const leaving = new Map<Client<C>, ReturnType<typeof setTimeout>>()

  const replace = (api: C): void => {
    const client = current?.client
    if (client === undefined || client.api !== api) return
    current = undefined
    const leave = (): void => {
      leaving.delete(client)
      void client.close(patience)
    }
    leaving.set(client, setTimeout(leave, grace))
  }

  const connected = Effect.tryPromise({
    try: async () => {
      for (let left = tries; ; left--) {
        if (current === undefined) {
          const client = make()
          current = { client, ready: client.api.connect() }
        }
        const { client, ready } = current
        try {
          await ready
          state.up()
          return client.api
        } catch (error) {
          // Several may have waited for the same client; it has failed once.
          const isFirst = current?.client === client
          replace(client.api)
          if (left > 1 && !isClosed) continue
          if (isFirst && !isClosed) state.down(connectionReason(error))
          throw error
        }
      }
    },
    catch: (error) => error
  })

  const close = Effect.promise(async () => {
    isClosed = true
    const clients = [...leaving.keys()]
    for (const timer of leaving.values()) clearTimeout(timer)
    if (current !== undefined) clients.push(current.client)
    current = undefined
    leaving.clear()
    await Promise.all(clients.map((client) => client.close(patience)))
  })

  const use = <A>(work: (api: C) => Promise<A>): Effect.Effect<A, unknown> =>
    Effect.flatMap(connected, (api) =>
      Effect.tryPromise({ try: () => work(api), catch: (error) => error }).pipe(
        Effect.tapError(() => Effect.sync(() => replace(api)))
      )
    )

  return Effect.acquireRelease(Effect.succeed({ use, connected, replace }), () => close)
}
