/**
 * The world of one case: its own Redis and NATS, Kafka, the required proxies, the actors as supervised processes, and the
 * load. Only the run's Kafka is shared with other cases; each case has its own topics. Lives from `makeWorld` until `end`.
 */
import { randomUUID } from "node:crypto"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Broker } from "../support/kafka-broker.ts"
import { type ForeignRecord, readTopic } from "../support/kcat.ts"
import { type NatsServer, privateNats } from "../support/nats.ts"
import { privateRedis, type RedisServer } from "../support/redis.ts"
import { type Environment, ownSettings } from "../support/spoor.ts"
import { type ActorGroup, actorGroup } from "./actor-group.ts"
import type { CounterCommand } from "./counters.ts"
import { type EnricherCommands, enrichers } from "./enrichers.ts"
import type { KafkaPool } from "./kafka-pool.ts"
import type { KeptAlive } from "./kept-alive.ts"
import { type Load, makeLoad } from "./load.ts"
import { type QueueWatch, watchQueue } from "./queue-watch.ts"
import { type Reactions, startReactions, watched } from "./reactions/start.ts"
import { type Replica, startReplica } from "./replica.ts"
import { type DependencyName, type Requirements, standardActors } from "./requirements.ts"
import { startSite } from "./site.ts"
import { startProxy, type TcpProxy } from "./tcp-proxy.ts"
import { makeTracker } from "./tracker.ts"

export interface World {
  /** The topic of HTTP events and pushtech lines, and that of adtekio lines. */
  readonly topic: string
  readonly otherTopic: string
  readonly queueKey: string
  readonly deadLetterKey: string
  /** Number of random faults (`--moments`). */
  readonly moments: number
  /** Whether this is a short run, in which time that would only be waited for is skipped. */
  readonly isShort: boolean
  /**
   * Call it when a fault leaves batches whose leases are not renewed. In a short run the leases end at once, as if 30 s
   * had passed; in a full run it does nothing, and they expire.
   */
  readonly passLeases: () => Promise<void>
  readonly redis: RedisServer
  /** Undefined unless the case requires it. */
  readonly replica: Replica | undefined
  readonly nats: NatsServer
  readonly kafka: ReadonlyArray<Broker>
  /** Kafka's addresses without a proxy, for kcat and other tools. */
  readonly brokers: string
  readonly queue: QueueWatch
  readonly load: Load
  /** Undefined unless the case requires it. */
  readonly reactions: Reactions | undefined
  /** The proxy of this system (the case's `through` must name it); `place` is the index of the broker. */
  readonly proxy: (dependency: DependencyName, place?: number) => TcpProxy
  /** All processes of an actor; there may be none. */
  readonly group: (name: string) => ActorGroup
  /** The first process of an actor. */
  readonly actor: (name: string) => KeptAlive
  readonly groups: () => ReadonlyArray<ActorGroup>
  /** The environment of actors and commands in this world. */
  readonly settings: Environment
  /**
   * Saves the records of a topic that is about to be deleted, so that they count as stored. Returns their number. No
   * actor may write to the topic meanwhile.
   */
  readonly putAway: (topic: string) => Promise<number>
  /** The saved records of a topic. */
  readonly away: (topic: string) => ReadonlyArray<ForeignRecord>
  /** Registers an action for the end of the world; the last one registered runs first. */
  readonly later: (ending: () => Promise<void> | void) => void
  readonly end: () => Promise<void>
}

export interface WorldOptions {
  readonly requires: Requirements
  readonly pool: KafkaPool
  readonly moments: number
  /** Events per second, and number of events to be acknowledged. */
  readonly rate: number
  readonly events: number
  readonly isShort: boolean
  /** The enricher of this world; ours by default. */
  readonly enricher?: EnricherCommands
  /** The event counter of this world; ours by default. */
  readonly counter?: CounterCommand
}

/** Returns when everything is up. On failure, all started parts are ended. */
export const makeWorld = async ({
  requires,
  pool,
  moments,
  rate,
  events,
  isShort,
  enricher,
  counter
}: WorldOptions): Promise<World> => {
  const endings: Array<() => Promise<void> | void> = []
  const end = async (): Promise<void> => {
    for (const ending of endings.splice(0).reverse()) {
      try {
        await ending()
      } catch (error) {
        process.stderr.write(`A world did not end cleanly: ${String(error)}\n`)
      }
    }
  }
  try {
    const own = randomUUID().slice(0, 8)
    const [topic, otherTopic] = [`events-${own}`, requires.otherTopic ?? `other-${own}`]
    const [queueKey, deadLetterKey] = [`queue-${own}`, `dead-${own}`]

    const redis = await privateRedis(requires.redisArguments, "always")
    endings.push(redis.remove)
    const site = requires.site === true ? await startSite() : undefined
    endings.push(() => site?.remove())
    const nats = site?.servers.centre ?? (await privateNats(requires.natsConfiguration))
    endings.push(nats.remove)
    await Promise.all([redis.start(), ...(site === undefined ? [nats.start()] : [])])
    const replica = requires.replica === true ? await startReplica(redis) : undefined
    endings.push(() => replica?.end())
    const requirement = requires.kafka ?? "shared"
    const kafka = await pool.take(requirement, requires.kafkaSettings)
    endings.push(() => pool.release(requirement, kafka))

    const proxies: Partial<Record<DependencyName, ReadonlyArray<TcpProxy>>> = {}
    const through = requires.through ?? {}
    if (through.redis !== undefined) proxies.redis = [await startProxy(redis.port)]
    if (through.nats !== undefined) proxies.nats = [await startProxy(nats.port)]
    if (through.kafka !== undefined)
      proxies.kafka = await Promise.all(
        kafka.map(({ proxied }) => startProxy(proxied.target, proxied.advertised))
      )
    if (site !== undefined) proxies.line = [site.line]
    const allProxies = Object.values(proxies).flat()
    endings.push(() => {
      for (const proxy of allProxies) proxy.close()
    })

    const brokers = kafka.map(({ url }) => url).join(",")
    const base = ownSettings({
      // Cases read each released batch and each lost connection.
      LOG_LEVEL: "Debug",
      REDIS_URL: redis.url,
      NATS_URL: nats.url,
      KAFKA_BROKERS: brokers,
      QUEUE_KEY: queueKey,
      DEAD_LETTER_KEY: deadLetterKey,
      KAFKA_TOPIC: topic,
      KAFKA_TOPICS: otherTopic
    })
    const folder = base.DATA_DIR ?? ""
    endings.push(() => rmSync(folder, { recursive: true, force: true }))
    for (const [name, make] of Object.entries(requires.contents ?? {}))
      writeFileSync(join(folder, name), make())
    const filled = (environment: Environment = {}): Environment =>
      Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          value.replaceAll("{topic}", topic).replaceAll("{folder}", folder)
        ])
      )
    const started = requires.reactions && (await startReactions(requires.reactions, folder))
    endings.push(() => started?.close())
    const settings = { ...base, ...started?.settings, ...filled(requires.settings) }

    const proxied = (actor: string): Environment => {
      const goes = (dependency: DependencyName): boolean => {
        const who = through[dependency]
        return who === "all" || who?.includes(actor) === true
      }
      const ports = (dependency: DependencyName): ReadonlyArray<number> =>
        proxies[dependency]?.map(({ port }) => port) ?? []
      return {
        ...(goes("redis") ? { REDIS_URL: `redis://127.0.0.1:${ports("redis")[0]}` } : {}),
        ...(goes("nats") ? { NATS_URL: `nats://127.0.0.1:${ports("nats")[0]}` } : {}),
        ...(goes("kafka")
          ? {
              KAFKA_BROKERS: ports("kafka")
                .map((port) => `127.0.0.1:${port}`)
                .join(",")
            }
          : {})
      }
    }
    const { healthy, poisoned } = enricher ?? (await enrichers.ours.prepare())
    const commandOf = (name: string): ReadonlyArray<string> | undefined => {
      const file = requires.files?.[name]
      if (file !== undefined) return [process.execPath, file, name]
      if (name === "event-counter") return counter?.command
      if (name !== "enricher") return undefined
      return requires.isEnricherPoisoned === true ? poisoned : healthy
    }
    const groups = new Map<string, ActorGroup>()
    const group = (name: string): ActorGroup => {
      const found =
        groups.get(name) ??
        actorGroup(
          name,
          {
            ...settings,
            ...site?.settingsOf(name),
            ...started?.settingsOf(name),
            ...filled(requires.settingsOf?.[name]),
            ...proxied(name)
          },
          { command: commandOf(name), isProbed: requires.probed?.includes(name) === true }
        )
      groups.set(name, found)
      return found
    }
    // Consumers end gracefully, so that their groups in the shared Kafka keep no dead members.
    endings.push(async () => {
      for (const proxy of allProxies) proxy.thaw()
      redis.resume()
      const consumers = [...groups.values()].filter(({ name }) =>
        /-counter$|-stats$|^viewer$|^sessions$|^reactor$|^attributor$/.test(name)
      )
      await Promise.all(Array.from(groups.values(), (one) => one.end(consumers.includes(one) ? 5_000 : 0)))
    })

    const reactions = started && watched(started, settings)
    endings.push(() => reactions?.close())
    const queue = watchQueue(redis.url, queueKey, deadLetterKey)
    endings.push(queue.close)
    const tracker = makeTracker(redis.url, queueKey, replica !== undefined)
    endings.push(tracker.close)
    const load = makeLoad({
      rate,
      events,
      connections: 32,
      gateways: () => group("gateway").ports(),
      tracker,
      otherTopic
    })
    endings.push(load.stop)

    const away = new Map<string, ReadonlyArray<ForeignRecord>>()
    const actors = Object.entries(requires.actors ?? standardActors)
    await Promise.all(actors.map(([name, count]) => group(name).scale(count)))
    return {
      topic,
      otherTopic,
      queueKey,
      deadLetterKey,
      moments,
      isShort,
      passLeases: async () => {
        if (isShort) await queue.endLeases()
      },
      redis,
      replica,
      nats,
      kafka,
      brokers,
      queue,
      load,
      reactions,
      settings,
      group,
      groups: () => [...groups.values()],
      actor: (name) => {
        const [first] = group(name).copies()
        if (first === undefined) throw new Error(`This world runs no ${name}.`)
        return first
      },
      proxy: (dependency, place = 0) => {
        const found = proxies[dependency]?.[place]
        if (found === undefined)
          throw new Error(`There is no proxy for ${dependency}: name its actors in "through".`)
        return found
      },
      putAway: async (name) => {
        const records = await readTopic(brokers, name)
        away.set(name, [...(away.get(name) ?? []), ...records])
        return records.length
      },
      away: (name) => away.get(name) ?? [],
      later: (ending) => void endings.push(ending),
      end
    }
  } catch (error) {
    await end()
    throw error
  }
}
