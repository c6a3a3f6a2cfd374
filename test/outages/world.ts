/**
 * Every actor as a process of its own, on servers of this run's own, with events that arrive all the time. Lives from
 * `startWorld` until `end`.
 */
import { type Broker, startBroker } from "../support/kafka.ts"
import { privateNats } from "../support/nats.ts"
import { privateRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

/** A server that can be stopped. */
export interface Victim {
  readonly name: string
  /** Host and port, by which the log names it. */
  readonly address: string
  /** The actors that have a line about its outage: those that use it, or wait for it. */
  readonly seenBy: ReadonlyArray<string>
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly pause: () => void
  readonly resume: () => void
}

export interface World {
  readonly victims: ReadonlyArray<Victim>
  readonly actors: ReadonlyMap<string, Spoor>
  readonly end: () => Promise<void>
}

/** From the end of the flow to its beginning. */
const names = ["event-counter", "viewer", "bridge", "enricher", "drainer", "gateway"]

/** Milliseconds between two events. */
const eventIntervalMs = 50

/** Undefined where there is neither Java nor Maven for a Kafka. */
export const startWorld = async (): Promise<World | undefined> => {
  const broker = await startBroker()
  if (broker === undefined) return undefined
  const [queue, projections, nats] = [await privateRedis(), await privateRedis(), await privateNats()]
  await Promise.all([queue.start(), projections.start(), nats.start()])
  const settings = ownSettings({
    ...{ REDIS_URL: queue.url, PROJECTIONS_URL: projections.url },
    ...{ NATS_URL: nats.url, KAFKA_BROKERS: broker.url, BUS_SECRET: "of this run" }
  })
  const actors = new Map<string, Spoor>()
  for (const name of names) actors.set(name, await startSpoor([name], settings))
  const stopEvents = sendEvents(actors.get("gateway"))
  return {
    victims: [
      {
        name: "the queue's Redis",
        address: `127.0.0.1:${queue.port}`,
        seenBy: ["gateway", "drainer", "viewer"],
        ...partsOf(queue)
      },
      {
        name: "the counters' Redis",
        address: `127.0.0.1:${projections.port}`,
        seenBy: ["event-counter"],
        ...partsOf(projections)
      },
      { name: "NATS", address: `127.0.0.1:${nats.port}`, seenBy: ["drainer"], ...partsOf(nats) },
      {
        name: "Kafka",
        address: broker.url,
        seenBy: ["bridge", "drainer", "event-counter", "viewer"],
        ...partsOf(broker)
      }
    ],
    actors,
    end: async () => {
      stopEvents()
      await Promise.all(Array.from(actors.values(), (one) => one.end("SIGKILL")))
      await Promise.all([queue.remove(), projections.remove(), nats.remove(), broker.remove()])
    }
  }
}

const partsOf = ({ kill, start, pause, resume }: Pick<Broker, "kill" | "start" | "pause" | "resume">) => ({
  ...{ kill, start: () => start(), pause, resume }
})

/** Sends events until the function that it returns is called. */
const sendEvents = (gateway: Spoor | undefined): (() => void) => {
  const url = gateway?.address("send events")
  const send = async (): Promise<void> => {
    if (url !== undefined) await (await fetch(new URL("/t/outage?a=1", url))).text()
  }
  const timer = setInterval(() => void send().catch(() => undefined), eventIntervalMs)
  return () => clearInterval(timer)
}
