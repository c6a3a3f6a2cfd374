/** A site and its centre for a world: two NATS servers with the accounts of deploy, joined through a proxy. Lives until `remove`. */
import { type LeafServers, leafServers } from "../support/leaf.ts"
import type { Environment } from "../support/spoor.ts"
import { startProxy, type TcpProxy } from "./tcp-proxy.ts"

export interface Site {
  readonly servers: LeafServers
  /** The line between site and centre. */
  readonly line: TcpProxy
  /** The NATS of an actor, and its user there. */
  readonly settingsOf: (actor: string) => Environment
  readonly remove: () => Promise<void>
}

const users = ["gateway", "drainer", "enricher", "bridge"]

/** Returns when both servers are up. */
export const startSite = async (): Promise<Site> => {
  let line: TcpProxy | undefined
  const servers = await leafServers(async (port) => {
    line = await startProxy(port)
    return line.port
  })
  if (line === undefined) throw new Error("The site has no line.")
  await servers.centre.start()
  await servers.site.start()
  return {
    servers,
    line,
    settingsOf: (actor) => {
      const user = users.includes(actor) ? actor : "consumer"
      const server = ["gateway", "drainer"].includes(actor) ? servers.site : servers.centre
      return { NATS_URL: servers.urlFor(server, user), NATS_INBOX_PREFIX: `_INBOX.${user}` }
    },
    remove: servers.remove
  }
}
