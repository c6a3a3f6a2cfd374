/** What a case wants of its world, and what it gets when it says nothing. */
import type { Environment } from "../support/spoor.ts"
import type { KafkaNeed } from "./kafka-pool.ts"

/** The outside systems. */
export type DependencyName = "redis" | "nats" | "kafka"

export interface Requirements {
  /** The broker of the run ("shared", which the case must not hurt), three brokers, or one of its own. */
  readonly kafka?: KafkaNeed
  /** Settings of an own broker, such as `message.max.bytes`. */
  readonly kafkaSettings?: Record<string, string>
  /** More arguments of redis-server, such as `["--maxmemory", "50mb"]`. */
  readonly redisArguments?: ReadonlyArray<string>
  /** Redis has a replica (`world.replica`), and the foreign tracker too calls a line acknowledged when that has it. */
  readonly replica?: boolean
  /** nats-server's configuration, in its own language. */
  readonly natsConfiguration?: string
  /** Which actors reach which system through a proxy (`world.proxy`); the others reach it directly. */
  readonly through?: Readonly<Partial<Record<DependencyName, "all" | ReadonlyArray<string>>>>
  /** How many processes of which actor, instead of `standardActors`. */
  readonly actors?: Readonly<Record<string, number>>
  /** More environment for all actors. In a value `{topic}` is the case's topic, `{folder}` a folder of its own. */
  readonly settings?: Environment
  /** The same for single actors. */
  readonly settingsOf?: Readonly<Record<string, Environment>>
  /** The file to run for an actor instead of actors/commands/actor.ts, seen from the project's root; it gets the same arguments. */
  readonly files?: Readonly<Record<string, string>>
  /** Actors whose processes are killed when they no longer say that they live, as Kubernetes' liveness probe would. */
  readonly probed?: ReadonlyArray<string>
  /** Files to lie in `{folder}` before the actors start, by their names. */
  readonly contents?: Readonly<Record<string, () => Uint8Array>>
}

/** One process of each, as far as the judge needs them. */
export const standardActors: Readonly<Record<string, number>> = {
  bridge: 1,
  enricher: 1,
  drainer: 1,
  "event-counter": 1,
  "metadata-counter": 1,
  gateway: 1
}
