/**
 * The Kafka servers of a run: one broker, and a cluster of three, each started when the first case needs it and shared by
 * the next ones, since each case has its own topics. Lives until `end`.
 */

import { eventually } from "../support/eventually.ts"
import { type Broker, startBrokers } from "../support/kafka-broker.ts"
import { clusterIsWhole } from "../support/kcat.ts"

/** The Kafka that a case requires: the run's broker, the run's cluster of three, or its own broker. */
export type KafkaNeed = "shared" | "three" | "own"

export interface KafkaPool {
  /** Returns running brokers. `more` are broker settings; only for "own". */
  readonly take: (requirement: KafkaNeed, more?: Record<string, string>) => Promise<ReadonlyArray<Broker>>
  /** Returns them after a case; a cluster that has not recovered is removed. */
  readonly release: (requirement: KafkaNeed, brokers: ReadonlyArray<Broker>) => Promise<void>
  readonly end: () => Promise<void>
}

export const kafkaPool = (): KafkaPool => {
  const kept = new Map<KafkaNeed, ReadonlyArray<Broker>>()

  const start = async (count: number, more?: Record<string, string>): Promise<ReadonlyArray<Broker>> => {
    const brokers = await startBrokers(count, more)
    if (brokers === undefined) throw new Error("Kafka cannot be started here: it needs Java 17 and Maven.")
    return brokers
  }

  const remove = async (brokers: ReadonlyArray<Broker>): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.remove()))
  }

  return {
    take: async (requirement, more) => {
      if (requirement === "own") return start(1, more)
      const brokers = kept.get(requirement) ?? (await start(requirement === "three" ? 3 : 1))
      kept.set(requirement, brokers)
      return brokers
    },
    release: async (requirement, brokers) => {
      const urls = brokers.map(({ url }) => url).join(",")
      const whole = (): Promise<boolean> => clusterIsWhole(urls, brokers.length)
      if (requirement !== "own" && (await eventually("the cluster is whole", whole).catch(() => false)))
        return
      kept.delete(requirement)
      await remove(brokers)
    },
    end: async () => {
      await Promise.all(Array.from(kept.values(), remove))
      kept.clear()
    }
  }
}
