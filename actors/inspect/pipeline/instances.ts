/**
 * The actor instances that answer on the bus: their identity, and samples of their figures over the last seconds, from
 * which rates are calculated. Lives as long as the monitor; an instance that is silent for half a minute is removed. Times
 * are milliseconds of the monotonic clock.
 */
import { Schema } from "effect"
import type { Info, Stats } from "../../../bridge/message-bus/micro-service.ts"
import { ActorFigures } from "../../../contracts/actor-stats.ts"
import { rounded } from "../format.ts"
import { crashSentence } from "./crashes.ts"
import type { Figure } from "./system-view.ts"

/** The figures of an instance at one moment. Counts only grow. */
export interface StatsSample {
  readonly at: number
  readonly figures: ActorFigures
  /** Messages finished, and their total duration, milliseconds. */
  readonly messages: number
  readonly busy: number
  readonly lastError: string
}

export interface Instance {
  readonly name: string
  readonly id: string
  readonly version: string
  readonly started: string
  readonly metadata: Readonly<Record<string, string>>
  /** Samples of the last seconds, oldest first; at least one. */
  samples: ReadonlyArray<StatsSample>
  /** The last sample. */
  last: StatsSample
  readonly firstSeen: number
  /** When these counts last grew; undefined: not since the monitor started. */
  succeededAt: number | undefined
  failedAt: number | undefined
  /** When a message was last finished, or the first of those in flight arrived. */
  progressAt: number
}

/** Rates are calculated over this time, milliseconds. */
const rateWindowMs = 3_000

/** An instance counts as gone after the first time without an answer, and is removed after the second, milliseconds. */
export const silentAfterMs = 5_000
const removedAfterMs = 30_000

/** How long an actor without instances is reported as missing, milliseconds. */
const missingForMs = 3_600_000

/** The maximum number of instances, and of names, that are kept. */
const maxEntries = 500

const readFigures = Schema.decodeUnknownOption(ActorFigures)

/** An actor without instances: how long ago one last answered, milliseconds, and whether it read the log. */
export interface Gone {
  readonly lastSeenAgo: number
  readonly isReader: boolean
  /** Why it ended, if it was down by a crash when it last answered: "crashed too often and was given up: …". */
  readonly crash: string | undefined
}

export interface Instances {
  /** Records answers with figures. Services that are not actors of Spoor are ignored. */
  readonly record: (answers: ReadonlyArray<typeof Stats.Type>, at: number) => void
  /** Records answers with descriptions. */
  readonly recordInfo: (answers: ReadonlyArray<typeof Info.Type>) => void
  /** The summary of actors of that name; empty while unknown. */
  readonly summary: (name: string) => string
  /** Is a summary missing, so that descriptions should be requested? */
  readonly needInfo: () => boolean
  /** The instances that answered within the last half minute. */
  readonly all: (at: number) => ReadonlyArray<Instance>
  /** Actors without a recent instance that had one within the last hour, by name. */
  readonly gone: (at: number) => ReadonlyMap<string, Gone>
  /** Forgets all instances: the monitor starts again after a pause, and older samples would give wrong rates. */
  readonly reset: () => void
}

export const makeInstances = (): Instances => {
  const known = new Map<string, Instance>()
  const lastSeen = new Map<string, Omit<Gone, "lastSeenAgo"> & { readonly at: number }>()

  const summaries = new Map<string, string>()

  const add = (answer: typeof Stats.Type, sample: StatsSample): void => {
    const { name, id, version, started, metadata } = answer
    if (known.size >= maxEntries) return
    known.set(id, {
      name,
      id,
      version,
      started,
      metadata: metadata ?? {},
      samples: [sample],
      last: sample,
      firstSeen: sample.at,
      succeededAt: undefined,
      failedAt: undefined,
      progressAt: sample.at
    })
  }

  const forget = (at: number): void => {
    for (const [id, { last }] of known) if (at - last.at > removedAfterMs) known.delete(id)
  }

  return {
    record: (answers, at) => {
      forget(at)
      for (const answer of answers) {
        const sample = sampleOf(answer, at)
        if (sample === undefined) continue
        if (lastSeen.has(answer.name) || lastSeen.size < maxEntries)
          lastSeen.set(answer.name, {
            at,
            isReader: sample.figures.behind !== undefined,
            crash: crashSentence([sample.figures])
          })
        const instance = known.get(answer.id)
        if (instance === undefined) add(answer, sample)
        else update(instance, sample)
      }
    },
    recordInfo: (answers) => {
      for (const { name, description } of answers) {
        if (summaries.has(name) || summaries.size < maxEntries) summaries.set(name, description)
      }
    },
    summary: (name) => summaries.get(name) ?? "",
    needInfo: () => known.size === 0 || [...known.values()].some(({ name }) => !summaries.has(name)),
    all: (at) => {
      forget(at)
      return [...known.values()]
    },
    gone: (at) => {
      const there = new Set(Array.from(known.values(), ({ name }) => name))
      const gone = new Map<string, Gone>()
      for (const [name, { at: seenAt, isReader, crash }] of lastSeen) {
        if (at - seenAt > missingForMs) lastSeen.delete(name)
        else if (!there.has(name)) gone.set(name, { lastSeenAgo: at - seenAt, isReader, crash })
      }
      return gone
    },
    reset: () => known.clear()
  }
}

const sampleOf = ({ endpoints }: typeof Stats.Type, at: number): StatsSample | undefined => {
  for (const { data, num_requests, processing_time, last_error } of endpoints) {
    const figures = readFigures(data)
    if (figures._tag === "None") continue
    return {
      at,
      figures: figures.value,
      messages: num_requests,
      busy: processing_time / 1e6,
      lastError: last_error
    }
  }
  return undefined
}

const update = (instance: Instance, sample: StatsSample): void => {
  const before = instance.last
  if (succeededIn(sample) > succeededIn(before)) instance.succeededAt = sample.at
  if (failedIn(sample) > failedIn(before)) instance.failedAt = sample.at
  if (sample.messages > before.messages || (before.figures.underWay ?? 0) === 0)
    instance.progressAt = sample.at
  instance.last = sample
  const recent = instance.samples.filter(({ at }) => sample.at - at <= rateWindowMs)
  instance.samples = [...(recent.length === 0 ? [before] : recent), sample]
}

const eventsOf = (sample: StatsSample, ...outcomes: ReadonlyArray<string>): number =>
  outcomes.reduce((sum, outcome) => sum + (sample.figures.events[outcome] ?? 0), 0)

export const succeededIn = (sample: StatsSample): number => eventsOf(sample, "succeeded")

/** Failed here, or refused downstream. */
export const failedIn = (sample: StatsSample): number => eventsOf(sample, "failed", "refused")

/** Rejected events, which become dead letters. */
export const rejectedIn = (sample: StatsSample): number => eventsOf(sample, "rejected")

/** All events it has handled. */
export const handledIn = (sample: StatsSample): number => succeededIn(sample) + failedIn(sample)

/** The growth of a count per second, over the samples of the last seconds; null with only one sample. */
export const rateOf = ({ samples }: Instance, count: (sample: StatsSample) => number): Figure => {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at <= first.at) return null
  return rounded(((count(last) - count(first)) * 1000) / (last.at - first.at))
}

/** The messages finished over the last seconds, and their total duration, milliseconds. */
export const workOf = ({ samples }: Instance): { readonly messages: number; readonly busy: number } => {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return { messages: 0, busy: 0 }
  return { messages: last.messages - first.messages, busy: last.busy - first.busy }
}
