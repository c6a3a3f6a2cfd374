/**
 * Observations of each actor, its instances combined, and how far each reader of the log is behind its end. Lives as long
 * as the monitor, since it records when a reader began to lag. Times are milliseconds of the monotonic clock.
 */
import type { Behind } from "../../../contracts/actor-stats.ts"
import { many, span } from "../format.ts"
import { crashSentence, isDownByCrash } from "./crashes.ts"
import { type ActorObservation, stalledAfterMs } from "./health-rules.ts"
import { type Instance, silentAfterMs } from "./instances.ts"

/** A moment: by the monotonic clock, and in milliseconds since 1970. */
export interface Moment {
  readonly at: number
  readonly wall: number
}

/** The instances of an actor, and their combined observation. */
export interface ActorGroup {
  readonly name: string
  /** The instances that answer. */
  readonly running: ReadonlyArray<Instance>
  readonly seen: ActorObservation
  /** Does it read the log? */
  readonly isReader: boolean
  /** Records between it and the end of the log, as far as any reader has reported the end. */
  readonly behind: number
  /** The same for each instance, by id: in the partitions where it is the furthest. */
  readonly behindOf: ReadonlyMap<string, number>
}

export interface ActorGroups {
  /** Each actor with an instance that answered recently, by name. `pendingWork`: see `ActorObservation`. */
  readonly groups: (
    instances: ReadonlyArray<Instance>,
    moment: Moment,
    pendingWork: (name: string) => string | undefined
  ) => ReadonlyMap<string, ActorGroup>
  /** Forgets everything: the monitor starts again after a pause. */
  readonly reset: () => void
}

/** The end of a partition as first reported and as last reported. */
interface End {
  readonly first: bigint
  last: bigint
}

export const makeActorGroups = (): ActorGroups => {
  const ends = new Map<string, End>()
  /** When a reader began to lag behind records that other readers have reported. */
  const laggingSince = new Map<string, number>()

  const noteEnds = (instances: ReadonlyArray<Instance>): void => {
    for (const { last } of instances) {
      for (const place of last.figures.behind ?? []) {
        if (place.end === undefined) continue
        const end = BigInt(place.end)
        const known = ends.get(partitionOf(place))
        if (known === undefined) ends.set(partitionOf(place), { first: end, last: end })
        else if (end > known.last) known.last = end
      }
    }
  }

  /** How far the readers of one name are behind the end of the log. */
  const lagOf = (readers: ReadonlyArray<Instance>): Lag => {
    const reached = reachedBy(readers)
    const behindOf = new Map(readers.map(({ id }) => [id, 0]))
    let behind = 0
    let unseen = 0
    for (const [partition, { first, last }] of ends) {
      const { next, end, id } = reached.get(partition) ?? { next: first, end: first, id: "" }
      const records = next < last ? Number(last - next) : 0
      behind += records
      unseen += end < last ? Number(last - end) : 0
      behindOf.set(id, (behindOf.get(id) ?? 0) + records)
    }
    return { behind, unseen, behindOf }
  }

  const lagging = (name: string, unseen: number, progressAt: number, at: number): string | undefined => {
    if (unseen === 0) {
      laggingSince.delete(name)
      return undefined
    }
    const since = laggingSince.get(name) ?? at
    laggingSince.set(name, since)
    const duration = at - Math.max(since, progressAt)
    if (duration < stalledAfterMs) return undefined
    return `It is ${many(unseen, "record", "records")} behind and has read none for ${span(duration)}.`
  }

  return {
    groups: (instances, moment, pendingWork) => {
      noteEnds(instances)
      const { at } = moment
      const byName = Map.groupBy(instances, ({ name }) => name)
      return new Map(
        Array.from(byName, ([name, all]): [string, ActorGroup] => {
          const running = all.filter(({ last }) => at - last.at <= silentAfterMs)
          const readers = all.filter(({ last }) => last.figures.behind !== undefined)
          const { behind, unseen, behindOf } = readers.length === 0 ? none : lagOf(readers)
          const progressAt = Math.max(...all.map(({ succeededAt }) => succeededAt ?? 0))
          const work = pendingWork(name) ?? lagging(name, unseen, progressAt, at)
          const seen = seenOf(name, running, all, moment, work)
          return [name, { name, running, seen, isReader: readers.length > 0, behind, behindOf }]
        })
      )
    },
    reset: () => {
      ends.clear()
      laggingSince.clear()
    }
  }
}

interface Lag {
  readonly behind: number
  /** Of these, how many none of its instances has reported. */
  readonly unseen: number
  readonly behindOf: ReadonlyMap<string, number>
}

const none: Lag = { behind: 0, unseen: 0, behindOf: new Map() }

const partitionOf = ({ partition, topic }: Behind): string => `${partition} ${topic}`

/** The position in each partition: of the reader that is furthest, since partitions are reassigned. */
const reachedBy = (readers: ReadonlyArray<Instance>) => {
  const reached = new Map<string, { readonly next: bigint; readonly end: bigint; readonly id: string }>()
  for (const { id, last } of readers) {
    for (const place of last.figures.behind ?? []) {
      if (place.end === undefined) continue
      const end = BigInt(place.end)
      const next = end - BigInt(place.records)
      const known = reached.get(partitionOf(place))
      if (known === undefined || next > known.next) reached.set(partitionOf(place), { next, end, id })
    }
  }
  return reached
}

const seenOf = (
  name: string,
  running: ReadonlyArray<Instance>,
  all: ReadonlyArray<Instance>,
  { at, wall }: Moment,
  pendingWork: string | undefined
): ActorObservation => {
  const busy = running.filter(({ last }) => (last.figures.underWay ?? 0) > 0)
  const lastAt = latest(all.map(({ last }) => last.figures.lastAt))
  const failing = all.toSorted((one, other) => (other.failedAt ?? 0) - (one.failedAt ?? 0))
  const { unreachable, partlyUnreachable } = unreachableOf(running)
  return {
    name,
    instances: running.length,
    restarting: running.filter(({ last }) => isDownByCrash(last.figures)).length,
    crash: crashSentence(all.map(({ last }) => last.figures)),
    silent: all.length - running.length,
    lastSeenAgo: ago(at, latest(all.map(({ last }) => last.at))),
    succeededAgo: ago(at, latest(all.map(({ succeededAt }) => succeededAt))),
    failedAgo: ago(at, latest(all.map(({ failedAt }) => failedAt))),
    progressAgo: at - Math.max(...busy.map(({ progressAt }) => progressAt), 0),
    underWay: busy.reduce((sum, { last }) => sum + (last.figures.underWay ?? 0), 0),
    messageAgo: ago(wall, lastAt),
    reason: failing[0]?.last.lastError ?? "",
    unreachable,
    partlyUnreachable,
    refused: refusedIn(running),
    pendingWork
  }
}

/** What the systems refuse to any of them until an operator acts, each sentence once. */
const refusedIn = (running: ReadonlyArray<Instance>): string =>
  [...new Set(running.flatMap(({ last }) => Object.values(last.figures.refusals ?? {})))].join(" ")

const latest = (times: ReadonlyArray<number | undefined>): number | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const ago = (now: number, time: number | undefined): number | undefined =>
  time === undefined ? undefined : Math.max(0, now - time)

/** The systems that no instance can reach, and those that only some cannot. */
const unreachableOf = (running: ReadonlyArray<Instance>) => {
  const found = new Map<string, { sentence: string; count: number }>()
  for (const instance of running) {
    for (const [name, sentence] of Object.entries(unreachableSystemsOf(instance))) {
      found.set(name, { sentence, count: (found.get(name)?.count ?? 0) + 1 })
    }
  }
  const unreachable: Record<string, string> = {}
  const partlyUnreachable: Record<string, string> = {}
  for (const [name, { sentence, count }] of found) {
    if (count === running.length) unreachable[name] = sentence
    else partlyUnreachable[name] = `${count} of ${running.length}: ${sentence}`
  }
  return { unreachable, partlyUnreachable }
}

/** The systems that this instance cannot reach: name and error. */
export const unreachableSystemsOf = ({ last }: Instance): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(last.figures.seams ?? {}).filter(([, found]) => found !== "ok"))
