/**
 * What was seen of each actor, all its instances together, and how far each reader of the log is behind its end.
 * Lives as long as the watch, for it remembers since when a reader lags. Times are milliseconds of a steady clock.
 */
import type { Behind } from "../../../contracts/actor-stats.ts"
import { many, span } from "../format.ts"
import { type ActorObservation, stalledAfterMs } from "./health-rules.ts"
import { type Instance, silentAfter } from "./instances.ts"

/** A moment: by the steady clock, and in milliseconds since 1970. */
export interface Moment {
  readonly at: number
  readonly wall: number
}

/** An actor's instances, and how they are together. */
export interface ActorGroup {
  readonly name: string
  /** Those that answer. */
  readonly running: ReadonlyArray<Instance>
  readonly seen: ActorObservation
  /** A reader of the log. */
  readonly isReader: boolean
  /** Records between it and the end of the log, as far as anybody has seen that. */
  readonly behind: number
  /** The same of each instance, by id: of the partitions in which it is the furthest. */
  readonly behindOf: ReadonlyMap<string, number>
}

export interface ActorGroups {
  /** Every actor of which an instance was heard of, by name. `workLies`: see `ActorObservation`. */
  readonly groups: (
    instances: ReadonlyArray<Instance>,
    moment: Moment,
    workLies: (name: string) => string | undefined
  ) => ReadonlyMap<string, ActorGroup>
  /** The watch begins anew after a pause. */
  readonly begin: () => void
}

/** Of each partition: the end as it was first seen, and as it was seen last. */
interface End {
  readonly first: bigint
  last: bigint
}

export const makeActorGroups = (): ActorGroups => {
  const ends = new Map<string, End>()
  /** Since when records lie behind a reader that others have seen. */
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

  /** How far the readers of one name are behind. */
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
    return `${many(unseen, "record lies", "records lie")} behind it and none was read for ${span(duration)}.`
  }

  return {
    groups: (instances, moment, workLies) => {
      noteEnds(instances)
      const { at } = moment
      const byName = Map.groupBy(instances, ({ name }) => name)
      return new Map(
        Array.from(byName, ([name, all]): [string, ActorGroup] => {
          const running = all.filter(({ last }) => at - last.at <= silentAfter)
          const readers = all.filter(({ last }) => last.figures.behind !== undefined)
          const { behind, unseen, behindOf } = readers.length === 0 ? none : lagOf(readers)
          const progressAt = Math.max(...all.map(({ succeededAt }) => succeededAt ?? 0))
          const work = workLies(name) ?? lagging(name, unseen, progressAt, at)
          const seen = seenOf(name, running, all, moment, work)
          return [name, { name, running, seen, isReader: readers.length > 0, behind, behindOf }]
        })
      )
    },
    begin: () => {
      ends.clear()
      laggingSince.clear()
    }
  }
}

interface Lag {
  readonly behind: number
  /** Of these, how many none of the readers has seen. */
  readonly unseen: number
  readonly behindOf: ReadonlyMap<string, number>
}

const none: Lag = { behind: 0, unseen: 0, behindOf: new Map() }

const partitionOf = ({ partition, topic }: Behind): string => `${partition} ${topic}`

/** Where the readers stand in each partition: the one that is furthest, since partitions change hands. */
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
  workLies: string | undefined
): ActorObservation => {
  const busy = running.filter(({ last }) => (last.figures.underWay ?? 0) > 0)
  const lastAt = latest(all.map(({ last }) => last.figures.lastAt))
  const failing = all.toSorted((one, other) => (other.failedAt ?? 0) - (one.failedAt ?? 0))
  const { cutOff, partlyCutOff } = cutOffOf(running)
  return {
    name,
    instances: running.length,
    restarting: running.filter(({ last }) => last.figures.state === "restarting").length,
    silent: all.length - running.length,
    heardAgo: ago(at, latest(all.map(({ last }) => last.at))),
    succeededAgo: ago(at, latest(all.map(({ succeededAt }) => succeededAt))),
    failedAgo: ago(at, latest(all.map(({ failedAt }) => failedAt))),
    movedAgo: at - Math.max(...busy.map(({ movedAt }) => movedAt), 0),
    underWay: busy.reduce((sum, { last }) => sum + (last.figures.underWay ?? 0), 0),
    messageAgo: ago(wall, lastAt),
    reason: failing[0]?.last.lastError ?? "",
    cutOff,
    partlyCutOff,
    refused: refusedIn(running),
    workLies
  }
}

/** What any of them is refused until somebody acts, each sentence once. */
const refusedIn = (running: ReadonlyArray<Instance>): string =>
  [...new Set(running.flatMap(({ last }) => Object.values(last.figures.refusals ?? {})))].join(" ")

const latest = (times: ReadonlyArray<number | undefined>): number | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const ago = (now: number, time: number | undefined): number | undefined =>
  time === undefined ? undefined : Math.max(0, now - time)

/** Which systems all of them cannot reach, and which only some. */
const cutOffOf = (running: ReadonlyArray<Instance>) => {
  const found = new Map<string, { sentence: string; count: number }>()
  for (const instance of running) {
    for (const [name, sentence] of Object.entries(troublesOf(instance))) {
      found.set(name, { sentence, count: (found.get(name)?.count ?? 0) + 1 })
    }
  }
  const cutOff: Record<string, string> = {}
  const partlyCutOff: Record<string, string> = {}
  for (const [name, { sentence, count }] of found) {
    if (count === running.length) cutOff[name] = sentence
    else partlyCutOff[name] = `${count} of ${running.length}: ${sentence}`
  }
  return { cutOff, partlyCutOff }
}

/** Systems that this instance cannot reach: name and sentence. */
export const troublesOf = ({ last }: Instance): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(last.figures.seams ?? {}).filter(([, found]) => found !== "ok"))
