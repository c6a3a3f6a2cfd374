/** Figures of the NATS server of a world. */
import type { World } from "./world.ts"

export interface NatsFigures {
  /** Connections since the server's start. */
  readonly connections: number
  /** Messages received since the server's start. */
  readonly messages: number
  /** Connections closed because their client was a slow consumer. */
  readonly slowConsumers: number
  /** Maximum of the pending bytes of a client. */
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
