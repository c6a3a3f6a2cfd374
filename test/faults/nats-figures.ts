/** What the NATS server of a world says of its connections. */
import type { World } from "./world.ts"

export interface NatsFigures {
  /** Connections there have been since the server was started. */
  readonly connections: number
  /** Messages it has taken since then. */
  readonly messages: number
  /** Connections it has closed because their client took its messages too slowly. */
  readonly slowConsumers: number
  /** The most bytes that wait for one client. */
  readonly pending: number
}

export const natsFigures = async ({ nats }: World): Promise<NatsFigures> => {
  const ask = async (path: string): Promise<unknown> => (await fetch(`${nats.monitor}/${path}`)).json()
  const [server, clients] = (await Promise.all([ask("varz"), ask("connz?limit=1000")])) as [
    { readonly total_connections: number; readonly in_msgs: number; readonly slow_consumers: number },
    { readonly connections: ReadonlyArray<{ readonly pending_bytes: number }> }
  ]
  return {
    connections: server.total_connections,
    messages: server.in_msgs,
    slowConsumers: server.slow_consumers,
    pending: Math.max(0, ...clients.connections.map(({ pending_bytes }) => pending_bytes))
  }
}
