/** The requirements of a case for its world, with defaults. */
import type { Environment } from "../support/spoor.ts"
import type { KafkaNeed } from "./kafka-pool.ts"
import type { ReactionsNeed } from "./reactions/rules.ts"

/** The systems outside. */
export type DependencyName = "redis" | "nats" | "kafka" | "line"

export interface Requirements {
  /** The broker of the run ("shared", which the case must not break), three brokers, or its own broker. */
  readonly kafka?: KafkaNeed
  /** Settings of an own broker, such as `message.max.bytes`. */
  readonly kafkaSettings?: Record<string, string>
  /** More arguments of redis-server, such as `["--maxmemory", "50mb"]`. */
  readonly redisArguments?: ReadonlyArray<string>
  /** Redis has a replica (`world.replica`); for the tracker too, a line is acknowledged when the replica has it. */
  readonly replica?: boolean
  /** Configuration of nats-server. */
  readonly natsConfiguration?: string
  /**
   * Gateway and drainer are at a site, whose NATS joins that of the centre as a leaf node, as in deploy/edge, through the
   * proxy "line".
   */
  readonly site?: boolean
  /** Which actors reach which system through a proxy (`world.proxy`); the others reach it directly. */
  readonly through?: Readonly<Partial<Record<DependencyName, "all" | ReadonlyArray<string>>>>
  /** Number of processes of each actor, instead of `standardActors`. */
  readonly actors?: Readonly<Record<string, number>>
  /** The topic of adtekio lines, instead of one of the world's own: then with an own Kafka. */
  readonly otherTopic?: string
  /** Additional environment of all actors. In a value, `{topic}` is the case's topic and `{folder}` its folder. */
  readonly settings?: Environment
  /** Additional environment of single actors. */
  readonly settingsOf?: Readonly<Record<string, Environment>>
  /** The file to run for an actor instead of actors/commands/actor.ts, relative to the project's root; it gets the same arguments. */
  readonly files?: Readonly<Record<string, string>>
  /** The enricher has a simulated bug: it fails on the events of poison.ts. */
  readonly isEnricherPoisoned?: boolean
  /** Actors whose processes are killed when their liveness probe fails, as in Kubernetes. */
  readonly probed?: ReadonlyArray<string>
  /** Rules and their targets (`world.reactions`); reactors and deliverers are among `actors`. */
  readonly reactions?: ReactionsNeed
  /** Files written to `{folder}` before the actors start, by name. */
  readonly contents?: Readonly<Record<string, () => Uint8Array>>
}

/** One process of each actor that the oracle needs. */
export const standardActors: Readonly<Record<string, number>> = {
  bridge: 1,
  enricher: 1,
  drainer: 1,
  "event-counter": 1,
  "metadata-counter": 1,
  gateway: 1
}
