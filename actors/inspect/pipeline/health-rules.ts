/** How a stage is, in one word and a sentence for a person: rules over what was seen of it. Pure. */

import { ended, listed, many, reasonText, span } from "../format.ts"
import type { QueueObservation } from "./queues.ts"
import type { Condition } from "./system-view.ts"

export interface StageHealth {
  readonly condition: Condition
  readonly sentence: string
}

/** What was seen of an actor, all its instances together. Ages are milliseconds; undefined: not since the watch began. */
export interface ActorObservation {
  readonly name: string
  /** Instances that answer, of these the ones that crashed and start again, and those that fell silent lately. */
  readonly instances: number
  readonly restarting: number
  readonly silent: number
  /** Since an instance was heard of last. */
  readonly heardAgo: number | undefined
  readonly succeededAgo: number | undefined
  readonly failedAgo: number | undefined
  /** Since a message was done, or, where none is under way, since the first came. */
  readonly movedAgo: number
  readonly underWay: number
  /** Since its last message, by the clock of the one who had it; undefined: it never had one. */
  readonly messageAgo: number | undefined
  readonly reason: string
  /** Systems that every instance, or only some, cannot reach: name and sentence. */
  readonly cutOff: Readonly<Record<string, string>>
  readonly partlyCutOff: Readonly<Record<string, string>>
  /** What its systems refuse until somebody acts, though they answer: sentences, or empty. */
  readonly refused: string
  /** Work that lies there and that it has not begun though it could: a sentence. */
  readonly workLies: string | undefined
}

/** What is known of the bus, over which actors are asked. */
export interface BusObservation {
  /** Was it asked within the last seconds? */
  readonly isAsked: boolean
  /** Why it was not, if that is known. */
  readonly trouble: string | undefined
  /** Only actors of this process can be seen. */
  readonly embedded: boolean
}

/** So long without any progress, though there is work, is standing still, milliseconds. */
export const stalledAfterMs = 5_000

/** A batch that is tried for so long does not get through, whatever else does, milliseconds. */
export const stuckAfter = 60_000

const flows = (sentence = ""): StageHealth => ({ condition: "flows", sentence })
const idle = (sentence: string): StageHealth => ({ condition: "idle", sentence })
const still = (sentence: string): StageHealth => ({ condition: "stands still", sentence })
const down = (sentence: string): StageHealth => ({ condition: "down", sentence })
const unknown = (sentence: string): StageHealth => ({ condition: "unknown", sentence })

const isRecent = (age: number | undefined): boolean => age !== undefined && age < stalledAfterMs

/** An actor of which at least one instance answers. */
export const actorHealth = (seen: ActorObservation): StageHealth => {
  const { instances, restarting, succeededAgo, failedAgo, underWay, movedAgo, cutOff } = seen
  if (restarting === instances) return down("It crashed and starts again.")
  if (isRecent(succeededAgo)) return flows(partly(seen))
  if (isRecent(failedAgo)) return still(`Nothing gets through: ${why(seen)}`)
  if (underWay > 0 && movedAgo >= stalledAfterMs) {
    const work = many(underWay, "message is under way", "messages are under way")
    return still(`${work} and none was done for ${span(movedAgo)}.${troublesText(cutOff)}`)
  }
  if (isHelpless(seen)) return still(troublesText(cutOff).trim())
  if (seen.workLies !== undefined) return still(seen.workLies)
  if (underWay > 0) return flows(partly(seen))
  if (succeededAgo === undefined && isRecent(seen.messageAgo)) return flows(partly(seen))
  return idle(`${quiet(seen.messageAgo)} ${partly(seen)}`.trim())
}

/** What tells whether an actor that nobody sees is missed. */
export interface AbsentActor {
  readonly name: string
  /** Since an instance was heard of last; undefined: never. */
  readonly heardAgo: number | undefined
  readonly bus: BusObservation
  readonly queue: StageHealth | undefined
  /** Other programs push lines to the queue. */
  readonly othersPush: boolean
}

/** An actor of which no instance answers, though one is expected. */
export const absentActorHealth = ({ name, heardAgo, bus, queue, othersPush }: AbsentActor): StageHealth => {
  if (heardAgo !== undefined) return down(`No ${name} runs. The last one was heard of ${span(heardAgo)} ago.`)
  if (name === "gateway" && othersPush) return idle("No gateway runs; other programs push to the queue.")
  if (!bus.embedded) return down(`No ${name} runs.`)
  const unseen = `No ${name} runs in this process; without NATS_URL those of others cannot be seen.`
  const isMissed = name !== "gateway" && (queue?.condition === "stands still" || queue?.condition === "down")
  return isMissed ? down(unseen) : unknown(unseen)
}

/**
 * One that cannot be asked, because the bus cannot or was not yet (undefined): of gateways and consumers, which work
 * without the bus, that says nothing; the queue tells whether gateways push and whether the others let go.
 */
export const unreachableActorHealth = (
  trouble: string | undefined,
  name: string,
  queues: ReadonlyArray<QueueObservation>
): StageHealth => {
  if (trouble === undefined) return unknown("It was not asked yet.")
  const unasked = `It cannot be asked: ${ended(trouble)}`
  if (name === "consumer") return unknown(unasked)
  if (name === "gateway") {
    return queues.some(({ pushedAgo }) => isRecent(pushedAgo))
      ? flows(`${unasked} But lines come into the queue.`)
      : unknown(unasked)
  }
  return queues.some(({ settledAgo }) => isRecent(settledAgo))
    ? flows(`${unasked} But lines leave the queue.`)
    : still(unasked)
}

/** A bridge, or the log behind it, that goes on but for what is refused until somebody acts. */
export const withRefusals = (judgement: StageHealth, refused: string): StageHealth =>
  refused === "" || judgement.condition === "down" ? judgement : still(refused)

/** All servers of the queue together; there is at least one. `refused`: what the log refuses until somebody acts. */
export const queueHealth = (queues: ReadonlyArray<QueueObservation>, refused = ""): StageHealth => {
  const dead = queues.filter(({ trouble }) => trouble !== undefined)
  const first = dead[0]?.trouble ?? ""
  if (dead.length === queues.length) return down(ended(first))
  const because = refused === "" ? "" : ` ${refused}`
  const deadText = dead.length === 0 ? "" : ` ${named(queues, dead[0])}${ended(first)}`
  for (const queue of queues) {
    const { ledger, trouble, movedAgo, unclaimedFor = 0, unsettledFor = 0 } = queue
    if (ledger === undefined || trouble !== undefined) continue
    const { waiting, inFlight, oldestInFlight = 0 } = ledger
    if (oldestInFlight >= stuckAfter) {
      const lines = many(inFlight, "line is in flight", "lines are in flight")
      const batch = `${lines}, of these a batch that has been tried for ${span(oldestInFlight)} and is not stored.`
      return still(`${named(queues, queue)}${batch}${because}${deadText}`)
    }
    if (isRecent(movedAgo)) continue
    if (unclaimedFor >= stalledAfterMs) {
      const lines = many(waiting, "line waits", "lines wait")
      return still(
        `${named(queues, queue)}${lines} and nothing was claimed for ${span(unclaimedFor)}.${deadText}`
      )
    }
    if (unsettledFor >= stalledAfterMs) {
      const lines = many(inFlight, "line is in flight", "lines are in flight")
      return still(
        `${named(queues, queue)}${lines} and none was let go for ${span(unsettledFor)}.${because}${deadText}`
      )
    }
  }
  if (dead.length > 0) return still(deadText.trim())
  const isBusy = queues.some(
    ({ ledger, movedAgo }) =>
      isRecent(movedAgo) || (ledger !== undefined && ledger.waiting + ledger.inFlight > 0)
  )
  if (isBusy) return flows()
  return queues.some(({ ledger }) => ledger === undefined)
    ? unknown("It has not answered yet.")
    : idle("No line waits.")
}

/** The log, as it answers itself (a sentence when it does not) and as those see it that write to it. */
export const logHealth = (
  trouble: string | undefined,
  bridge: StageHealth,
  writers: ActorObservation | undefined
): StageHealth => {
  if (trouble !== undefined) return down(ended(trouble))
  if (bridge.condition === "flows") return flows()
  if (writers === undefined || writers.instances === 0) {
    const unseen = "Nobody is seen to write to it."
    return bridge.condition === "down" ? idle(unseen) : unknown(unseen)
  }
  if (isRecent(writers.failedAgo)) return still(`No record is confirmed: ${why(writers)}`)
  if (bridge.condition === "stands still") return still("No record comes.")
  const { messageAgo } = writers
  return idle(
    messageAgo === undefined ? "Nothing was stored yet." : `Nothing was stored for ${span(messageAgo)}.`
  )
}

/** A system that does not answer: what is wrong as it was told, and in a sentence that names it. */
export interface DeadSystem {
  readonly name: string
  readonly trouble: string
  /** The same in all words in which it was told and heard. */
  readonly troubles: ReadonlyArray<string>
  readonly sentence: string
}

/** The worst of them, and which they are. */
export const systemHealth = (
  stages: ReadonlyArray<StageHealth & { readonly name: string }>,
  dead: ReadonlyArray<DeadSystem>
): StageHealth => {
  const bad = (["down", "stands still"] as const).flatMap((condition) =>
    stages.filter((stage) => stage.condition === condition)
  )
  const [worst, ...others] = bad
  if (worst !== undefined) {
    const tells = ({ troubles }: DeadSystem): boolean =>
      troubles.some((trouble) => worst.sentence.includes(trouble))
    const isSaid = (one: DeadSystem): boolean => one.name.replace(/ \d+$/, "") === worst.name || tells(one)
    const isOfItsOwn = dead.some(({ name }) => name.replace(/ \d+$/, "") === worst.name)
    const isCaused = !isOfItsOwn && dead.some(tells)
    if (isCaused) {
      const sufferers = `Not well therefore: ${listed(bad.map(({ name }) => name))}.`
      return {
        condition: worst.condition,
        sentence: [...dead.map(({ sentence }) => sentence), sufferers].join(" ")
      }
    }
    const unsaid = dead.filter((one) => !isSaid(one))
    const what = `The ${worst.name} ${worst.condition === "down" ? "is down" : "stands still"}: ${worst.sentence}`
    const more = others.length === 0 ? [] : [`Not well either: ${listed(others.map(({ name }) => name))}.`]
    return {
      condition: worst.condition,
      sentence: [...unsaid.map(({ sentence }) => sentence), what, ...more].join(" ")
    }
  }
  if (dead.length > 0) return still(dead.map(({ sentence }) => sentence).join(" "))
  if (stages.length === 0) return unknown("Nothing is known yet.")
  const isFlowing = stages.some(({ condition }) => condition === "flows")
  const unseen = stages.filter(({ condition }) => condition === "unknown")
  if (unseen.length === 0) return isFlowing ? flows("Everything flows.") : idle("There is nothing to do.")
  if (unseen.length === stages.length) return unknown("Nothing is known yet.")
  const what = `Not known: ${listed(unseen.map(({ name }) => name))}.`
  return isFlowing ? flows(`What can be seen flows. ${what}`) : unknown(what)
}

/** What some instances lack while the others go on. */
const partly = ({ silent, instances, partlyCutOff, cutOff }: ActorObservation): string => {
  const gone =
    silent === 0 ? "" : `${silent} of ${instances + silent} no longer ${silent === 1 ? "answers" : "answer"}.`
  return `${gone}${troublesText({ ...partlyCutOff, ...cutOff })}`.trim()
}

const why = ({ reason, cutOff }: ActorObservation): string => `${reasonText(reason)}.${troublesText(cutOff)}`

const troublesText = (troubles: Readonly<Record<string, string>>): string =>
  Object.entries(troubles)
    .map(([name, sentence]) => ` It cannot reach its ${name}: ${ended(sentence)}`)
    .join("")

/**
 * Is a system away without which it cannot work? Of several servers of the queue one is enough, and the viewer reads the
 * log without the others.
 */
const isHelpless = ({ name, cutOff }: ActorObservation): boolean =>
  Object.keys(cutOff).some((system) => !/ \d+$/.test(system) && (name !== "viewer" || system === "log"))

const quiet = (age: number | undefined): string =>
  age === undefined ? "Nothing came since it started." : `Nothing came for ${span(age)}.`

const named = (queues: ReadonlyArray<QueueObservation>, one: QueueObservation | undefined): string =>
  queues.length === 1 || one === undefined ? "" : `${one.name}: `
