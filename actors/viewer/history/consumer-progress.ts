/**
 * When each consumer was done with which records, as far as a viewer remembers what it was told. Bounded: of each
 * consumer and partition the last runs of records are kept. Lives as long as the viewer.
 */
import type { ConsumerProgress } from "../../../contracts/consumer-progress.ts"

/** What is known of one record and one consumer. */
export type Passage =
  /** Done with it at that time, milliseconds since 1970. */
  | { readonly state: "done"; readonly at: number }
  /** Beyond it, but the time was forgotten or never told. */
  | { readonly state: "passed" }
  /** Heard of, and not there yet. */
  | { readonly state: "not yet" }
  /** Nothing was heard of it. */
  | { readonly state: "not known" }

export interface RecordPlace {
  readonly topic: string
  readonly partition: number
  /** A decimal number. */
  readonly offset: string
  /** Runs told before this time are of an earlier log of that name; milliseconds since 1970. */
  readonly since: number
}

export interface ConsumerProgressMemory {
  /** Facts whose offsets are no numbers, and of places beyond the bound, are passed by. */
  readonly add: (fact: ConsumerProgress) => void
  /** Everybody who was heard of, by name. */
  readonly consumers: () => ReadonlyArray<string>
  readonly passage: (consumer: string, place: RecordPlace) => Passage
}

interface Run {
  readonly first: bigint
  readonly next: bigint
  readonly at: number
}

/** Of how many consumers' partitions runs are kept, and of each how many. */
export interface MemoryLimits {
  readonly places: number
  readonly runs: number
}

const standardLimits: MemoryLimits = { places: 200, runs: 1_000 }

export const consumerProgressMemory = (limits: MemoryLimits = standardLimits): ConsumerProgressMemory => {
  const places = new Map<string, Array<Run>>()
  const consumers = new Set<string>()

  return {
    add: ({ by, topic, partition, first, next, at }) => {
      if (!isOffset(first) || !isOffset(next)) return
      const name = `${by} ${topic} ${partition}`
      let runs = places.get(name)
      if (runs === undefined) {
        if (places.size >= limits.places) return
        runs = []
        places.set(name, runs)
        consumers.add(by)
      }
      runs.push({ first: BigInt(first), next: BigInt(next), at })
      // A few at a time, since each removal moves all that stay.
      if (runs.length > limits.runs * 1.1) runs.splice(0, runs.length - limits.runs)
    },
    consumers: () => [...consumers].toSorted(),
    passage: (consumer, { topic, partition, offset, since }) => {
      const runs = places.get(`${consumer} ${topic} ${partition}`) ?? []
      const last = runs.at(-1)
      if (last === undefined || !isOffset(offset)) return { state: "not known" }
      const place = BigInt(offset)
      const later = runs.filter(({ at }) => at >= since)
      const run = later.find(({ first, next }) => first <= place && place < next)
      if (run !== undefined) return { state: "done", at: run.at }
      if (later.some(({ first }) => first > place)) return { state: "passed" }
      return { state: last.next <= place ? "not yet" : "not known" }
    }
  }
}

const isOffset = (text: string): boolean => /^\d{1,19}$/.test(text)
