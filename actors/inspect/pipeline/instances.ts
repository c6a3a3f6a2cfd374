/**
 * The instances of actors that answer on the bus: who they are, and what they said in the last seconds, so that rates
 * can be made of it. Lives as long as the watch; one that is silent for half a minute is forgotten. Times are
 * milliseconds of a steady clock.
 */
import { Schema } from "effect"
import type { Info, Stats } from "../../../bridge/message-bus/micro-service.ts"
import { ActorFigures } from "../../../contracts/actor-stats.ts"
import { rounded } from "../format.ts"
import type { Figure } from "./system-view.ts"

/** What an instance said of itself at a moment. Counts only grow. */
export interface Said {
  readonly at: number
  readonly figures: ActorFigures
  /** Messages done, and how long they took together, milliseconds. */
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
  /** What it said in the last seconds, oldest first; at least once. */
  said: ReadonlyArray<Said>
  /** What it said last. */
  last: Said
  readonly firstHeard: number
  /** When these were seen to grow last; undefined: not since the watch began. */
  succeededAt: number | undefined
  failedAt: number | undefined
  /** When a message was done last, or the first of those under way came. */
  movedAt: number
}

/** Rates are made of so many milliseconds. */
const window = 3_000

/** One that has not answered for so long counts as gone, and is forgotten; milliseconds. */
export const silentAfter = 5_000
const forgottenAfter = 30_000

/** An actor of which no instance is left is missed for so long, milliseconds. */
const missedFor = 3_600_000

/** More than so many are not kept. */
const most = 500

const readFigures = Schema.decodeUnknownOption(ActorFigures)

/** An actor that is gone: when it was heard of last, milliseconds ago, and whether it read the log. */
export interface Gone {
  readonly heardAgo: number
  readonly isReader: boolean
}

export interface Instances {
  /** They answered just now. Services that are no actors of Spoor are left out. */
  readonly hear: (answers: ReadonlyArray<typeof Stats.Type>, at: number) => void
  /** They told just now what they are for. */
  readonly learn: (answers: ReadonlyArray<typeof Info.Type>) => void
  /** What actors of that name are for; empty while that is not known. */
  readonly summary: (name: string) => string
  /** Should they be asked what they are for? */
  readonly areStrange: () => boolean
  /** Those heard of within the last half minute, by name. */
  readonly all: (at: number) => ReadonlyArray<Instance>
  /** Actors of which no instance was heard of lately, but one within the last hour, by name. */
  readonly gone: (at: number) => ReadonlyMap<string, Gone>
  /** The watch begins anew after a pause: what was said before makes no rates. */
  readonly begin: () => void
}

export const makeInstances = (): Instances => {
  const known = new Map<string, Instance>()
  const heardOf = new Map<string, { readonly at: number; readonly isReader: boolean }>()

  const summaries = new Map<string, string>()

  const meet = (answer: typeof Stats.Type, said: Said): void => {
    const { name, id, version, started, metadata } = answer
    if (known.size >= most) return
    known.set(id, {
      name,
      id,
      version,
      started,
      metadata: metadata ?? {},
      said: [said],
      last: said,
      firstHeard: said.at,
      succeededAt: undefined,
      failedAt: undefined,
      movedAt: said.at
    })
  }

  const forget = (at: number): void => {
    for (const [id, { last }] of known) if (at - last.at > forgottenAfter) known.delete(id)
  }

  return {
    hear: (answers, at) => {
      forget(at)
      for (const answer of answers) {
        const said = saidIn(answer, at)
        if (said === undefined) continue
        if (heardOf.has(answer.name) || heardOf.size < most)
          heardOf.set(answer.name, { at, isReader: said.figures.behind !== undefined })
        const instance = known.get(answer.id)
        if (instance === undefined) meet(answer, said)
        else goOn(instance, said)
      }
    },
    learn: (answers) => {
      for (const { name, description } of answers) {
        if (summaries.has(name) || summaries.size < most) summaries.set(name, description)
      }
    },
    summary: (name) => summaries.get(name) ?? "",
    areStrange: () => known.size === 0 || [...known.values()].some(({ name }) => !summaries.has(name)),
    all: (at) => {
      forget(at)
      return [...known.values()]
    },
    gone: (at) => {
      const there = new Set(Array.from(known.values(), ({ name }) => name))
      const gone = new Map<string, Gone>()
      for (const [name, { at: heardAt, isReader }] of heardOf) {
        if (at - heardAt > missedFor) heardOf.delete(name)
        else if (!there.has(name)) gone.set(name, { heardAgo: at - heardAt, isReader })
      }
      return gone
    },
    begin: () => known.clear()
  }
}

const saidIn = ({ endpoints }: typeof Stats.Type, at: number): Said | undefined => {
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

const goOn = (instance: Instance, said: Said): void => {
  const before = instance.last
  if (succeededIn(said) > succeededIn(before)) instance.succeededAt = said.at
  if (failedIn(said) > failedIn(before)) instance.failedAt = said.at
  if (said.messages > before.messages || (before.figures.underWay ?? 0) === 0) instance.movedAt = said.at
  instance.last = said
  const recent = instance.said.filter(({ at }) => said.at - at <= window)
  instance.said = [...(recent.length === 0 ? [before] : recent), said]
}

const eventsOf = (said: Said, ...outcomes: ReadonlyArray<string>): number =>
  outcomes.reduce((sum, outcome) => sum + (said.figures.events[outcome] ?? 0), 0)

export const succeededIn = (said: Said): number => eventsOf(said, "succeeded")

/** Through its own fault or another's. */
export const failedIn = (said: Said): number => eventsOf(said, "failed", "refused")

/** For good. */
export const rejectedIn = (said: Said): number => eventsOf(said, "rejected")

/** Everything that it is done with. */
export const handledIn = (said: Said): number => succeededIn(said) + failedIn(said)

/** How much a count grew a second, over what the instance said in the last seconds; null after it spoke once only. */
export const rateOf = ({ said }: Instance, count: (said: Said) => number): Figure => {
  const [first] = said
  const last = said.at(-1)
  if (first === undefined || last === undefined || last.at <= first.at) return null
  return rounded(((count(last) - count(first)) * 1000) / (last.at - first.at))
}

/** How many messages were done over the last seconds, and how long they took together, milliseconds. */
export const workOf = ({ said }: Instance): { readonly messages: number; readonly busy: number } => {
  const [first] = said
  const last = said.at(-1)
  if (first === undefined || last === undefined) return { messages: 0, busy: 0 }
  return { messages: last.messages - first.messages, busy: last.busy - first.busy }
}
