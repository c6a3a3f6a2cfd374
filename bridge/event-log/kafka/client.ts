/**
 * Sets of connections to Kafka's brokers. A set is opened for one user (producer, lookups, a member of a group, a scan)
 * and lives until it is closed; each connection in it is made when it is first needed, and anew after it has failed.
 */
import type { BrokerAddress, KafkaAddress } from "./address.ts"
import { type Broker, type OpenedConnection, openConnection } from "./connection.ts"
import { NotConnected } from "./errors.ts"

/**
 * A broker carries out the requests of one connection one after another, so those that wait at the broker have
 * connections of their own: `fetch` for records, `join` for the other members of a group.
 */
export type Lane = "main" | "fetch" | "join"

/** How long a broker may take to answer, milliseconds. */
export interface RequestTimeouts {
  readonly main: number
  readonly join?: number
}

/** A set of connections. */
export interface Connections {
  /** The brokers to begin with. */
  readonly bootstrap: ReadonlyArray<BrokerAddress>
  /** The broker, connected and logged in. Rejects with `NotConnected`. */
  readonly broker: (address: BrokerAddress, lane?: Lane) => Promise<Broker>
  /** Is there a connection that can be used now? */
  readonly isOpen: (address: BrokerAddress) => boolean
  /** Closes every socket at once, and refuses new ones. */
  readonly close: () => void
}

export interface Clients {
  readonly open: (timeouts: RequestTimeouts) => Connections
}

/** Each set of connections begins with another broker, so that one that cannot be reached delays only some. */
export const makeClients = (address: KafkaAddress): Clients => {
  const brokers = address.brokers.map(addressOf)
  let sets = 0
  return {
    open: (timeouts) => {
      const first = sets++ % brokers.length
      return openSet(address, [...brokers.slice(first), ...brokers.slice(0, first)], timeouts)
    }
  }
}

const addressOf = (broker: string): BrokerAddress => {
  const colon = broker.lastIndexOf(":")
  return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) }
}

const openSet = (
  address: KafkaAddress,
  bootstrap: ReadonlyArray<BrokerAddress>,
  timeouts: RequestTimeouts
): Connections => {
  const opened = new Map<string, OpenedConnection>()
  let isClosed = false

  const open = (name: string, at: BrokerAddress, lane: Lane): OpenedConnection => {
    const timeoutMs = (lane === "join" ? timeouts.join : undefined) ?? timeouts.main
    const connection = openConnection(address, at, timeoutMs, () => {
      if (opened.get(name) === connection) opened.delete(name)
    })
    opened.set(name, connection)
    return connection
  }

  return {
    bootstrap,
    broker: (at, lane = "main") => {
      if (isClosed) return Promise.reject(new NotConnected("the connections are closed"))
      const name = nameOf(at, lane)
      return (opened.get(name) ?? open(name, at, lane)).ready
    },
    isOpen: (at) => opened.get(nameOf(at, "main"))?.isUsable() ?? false,
    close: () => {
      isClosed = true
      for (const connection of opened.values()) connection.destroy()
      opened.clear()
    }
  }
}

const nameOf = ({ host, port }: BrokerAddress, lane: Lane): string => `${lane} ${host}:${port}`
