/** All processes of one actor in a world. Grows and shrinks by `scale`; ends with `end`. */
import { freePort } from "../support/server.ts"
import type { Environment } from "../support/spoor.ts"
import { type Keeping, type KeptAlive, keepAlive } from "./kept-alive.ts"

export interface ActorGroup {
  readonly name: string
  readonly copies: () => ReadonlyArray<KeptAlive>
  /** The ports of its HTTP server, of the copies that are up (of all if none is), as a load balancer knows them; gateways only. */
  readonly ports: () => ReadonlyArray<number>
  /** Sets the number of processes: new ones are up when this returns; excess ones are ended with the signal, newest first. */
  readonly scale: (count: number, signal?: NodeJS.Signals) => Promise<void>
  /** Of all copies, including ended ones. */
  readonly killed: () => number
  readonly deaths: () => ReadonlyArray<string>
  readonly output: () => string
  /** Ends all with SIGTERM, and with SIGKILL after `timeoutMs`. */
  readonly end: (timeoutMs: number) => Promise<void>
}

export const actorGroup = (name: string, settings: Environment, keeping: Keeping = {}): ActorGroup => {
  const copies: Array<{ readonly process: KeptAlive; readonly port: number }> = []
  const former: Array<KeptAlive> = []
  const all = (): ReadonlyArray<KeptAlive> => [...former, ...copies.map(({ process }) => process)]
  return {
    name,
    copies: () => copies.map(({ process }) => process),
    ports: () => {
      const up = copies.filter(({ process }) => process.isUp())
      return (up.length === 0 ? copies : up).map(({ port }) => port)
    },
    scale: async (count, signal) => {
      const ended = copies.splice(Math.max(0, count))
      former.push(...ended.map(({ process }) => process))
      const endings = ended.map(({ process }) => process.stop(signal))
      while (copies.length < count) {
        // A copy keeps its port after a restart, as a service keeps its address.
        const port = name === "gateway" ? await freePort() : 0
        copies.push({
          process: keepAlive([name], { ...settings, GATEWAY_PORT: String(port) }, keeping),
          port
        })
      }
      await Promise.all([...endings, ...copies.map(({ process }) => process.up())])
    },
    killed: () => all().reduce((sum, { counts }) => sum + counts.killed, 0),
    deaths: () => all().flatMap(({ deaths }) => deaths),
    output: () =>
      all()
        .map((process) => process.output())
        .join(""),
    end: async (timeoutMs) => {
      await Promise.all(
        copies.map(async ({ process }) => {
          process.thaw()
          const timer = setTimeout(() => void process.stop("SIGKILL"), timeoutMs)
          await process.stop(timeoutMs > 0 ? "SIGTERM" : "SIGKILL")
          clearTimeout(timer)
        })
      )
    }
  }
}
