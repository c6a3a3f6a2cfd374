/** Health rules: the condition of a stage and a sentence for people, from observations. Pure. */
import { ended, listed, many, reasonText, span } from "../format.ts"
import type { QueueObservation } from "./queues.ts"
import type { Condition } from "./system-view.ts"

export interface StageHealth {
  readonly condition: Condition
  readonly sentence: string
}

/** Observation of an actor, its instances combined. Ages are milliseconds; undefined: not since the monitor started. */
export interface ActorObservation {
  readonly name: string
  /** Instances that answer; of these, the ones that are restarting; and those that stopped answering recently. */
  readonly instances: number
  readonly restarting: number
  /** Why some instances are down, if they crashed: "crashed and is restarting: …"; of silent ones too. */
  readonly crash: string | undefined
  readonly silent: number
  /** Since an instance last answered. */
  readonly lastSeenAgo: number | undefined
  readonly succeededAgo: number | undefined
  readonly failedAgo: number | undefined
  /** Since a message was finished, or since the first of those in flight arrived. */
  readonly progressAgo: number
  readonly underWay: number
  /** Since its last message, by the instance's own clock; undefined: it never had one. */
  readonly messageAgo: number | undefined
  readonly reason: string
  /** Systems that no instance can reach, or that only some cannot: name and error. */
  readonly unreachable: Readonly<Record<string, string>>
  readonly partlyUnreachable: Readonly<Record<string, string>>
  /** What its systems refuse until an operator acts, although they answer: sentences, or empty. */
  readonly refused: string
  /** Pending work that it does not take up: a sentence. */
  readonly pendingWork: string | undefined
}

/** Observation of the bus, over which actors are asked for their figures. */
export interface BusObservation {
  /** Whether it delivered answers within the last seconds. */
  readonly isAnswering: boolean
  /** Why it did not, if that is known. */
  readonly trouble: string | undefined
  /** In-process: only actors of this process are visible. */
  readonly embedded: boolean
}

/** A stage that has work and makes no progress for this long is stalled, milliseconds. */
export const stalledAfterMs = 5_000

/** A batch that has been tried for this long makes the queue stalled, whatever else succeeds, milliseconds. */
export const stuckAfterMs = 60_000

const flowing = (sentence = ""): StageHealth => ({ condition: "flows", sentence })
const idle = (sentence: string): StageHealth => ({ condition: "idle", sentence })
const stalled = (sentence: string): StageHealth => ({ condition: "stands still", sentence })
const down = (sentence: string): StageHealth => ({ condition: "down", sentence })
const unknown = (sentence: string): StageHealth => ({ condition: "unknown", sentence })

const isRecent = (age: number | undefined): boolean => age !== undefined && age < stalledAfterMs

/** How long messages may be in flight and none finish, ms: a deliverer may wait for targets that hang. */
const unfinishedAfterMs = ({ name }: ActorObservation): number =>
  name === "deliverer" ? 60_000 : stalledAfterMs

/** The health of an actor with at least one instance that answers. */
export const actorHealth = (seen: ActorObservation): StageHealth => {
  const { instances, restarting, succeededAgo, failedAgo, underWay, progressAgo, unreachable } = seen
  if (restarting === instances) return down(`It ${seen.crash ?? "crashed and is restarting."}`)
  if (isRecent(succeededAgo)) return flowing(partly(seen))
  if (isRecent(failedAgo)) return stalled(`No message succeeds: ${why(seen)}`)
  if (underWay > 0 && progressAgo >= unfinishedAfterMs(seen)) {
    const work = many(underWay, "message is in flight", "messages are in flight")
    return stalled(`${work} and none was finished for ${span(progressAgo)}.${troublesText(unreachable)}`)
  }
  if (lacksRequiredSystem(seen)) return stalled(troublesText(unreachable).trim())
  if (seen.pendingWork !== undefined) return stalled(seen.pendingWork)
  if (underWay > 0) return flowing(partly(seen))
  if (succeededAgo === undefined && isRecent(seen.messageAgo)) return flowing(partly(seen))
  return idle(`${quiet(seen.messageAgo)} ${partly(seen)}`.trim())
}

/** What decides whether an actor without any visible instance is missed. */
export interface AbsentActor {
  readonly name: string
  /** Since an instance last answered; undefined: never. */
  readonly lastSeenAgo: number | undefined
  /** Why the last instances ended, if they crashed: as in `ActorObservation`. */
  readonly crash?: string | undefined
  readonly bus: BusObservation
  readonly queue: StageHealth | undefined
  /** Other programs push lines to the queue. */
  readonly othersPush: boolean
}

/** The health of an actor of which no instance answers. */
export const absentActorHealth = ({
  name,
  lastSeenAgo,
  crash,
  bus,
  queue,
  othersPush
}: AbsentActor): StageHealth => {
  if (lastSeenAgo !== undefined) {
    const because = crash === undefined ? "" : ` It ${crash}`
    return down(`No ${name} runs. The last one answered ${span(lastSeenAgo)} ago.${because}`)
  }
  if (name === "gateway" && othersPush) return idle("No gateway runs; other programs push to the queue.")
  if (!bus.embedded) return down(`No ${name} runs.`)
  const unseen = `No ${name} runs in this process; without NATS_URL those of other processes cannot be seen.`
  const isMissed = name !== "gateway" && (queue?.condition === "stands still" || queue?.condition === "down")
  return isMissed ? down(unseen) : unknown(unseen)
}

/**
 * The health of an actor that cannot be checked, because of trouble on the bus, or not yet (undefined). Gateways and
 * consumers work without the bus, so this says nothing about them; the queue shows whether lines are pushed and settled.
 */
export const unreachableActorHealth = (
  trouble: string | undefined,
  name: string,
  queues: ReadonlyArray<QueueObservation>
): StageHealth => {
  if (trouble === undefined) return unknown("It has not been checked yet.")
  const unchecked = `It cannot be checked: ${ended(trouble)}`
  if (name === "consumer") return unknown(unchecked)
  if (name === "gateway") {
    return queues.some(({ pushedAgo }) => isRecent(pushedAgo))
      ? flowing(`${unchecked} Lines still arrive in the queue.`)
      : unknown(unchecked)
  }
  return queues.some(({ settledAgo }) => isRecent(settledAgo))
    ? flowing(`${unchecked} Lines still leave the queue.`)
    : stalled(unchecked)
}

/** The health of a bridge or the log when part of its work is refused until an operator acts. */
export const withRefusals = (health: StageHealth, refused: string): StageHealth =>
  refused === "" || health.condition === "down" ? health : stalled(refused)

/** The health of all queue servers together; there is at least one. `refused`: what the log refuses until an operator acts. */
export const queueHealth = (queues: ReadonlyArray<QueueObservation>, refused = ""): StageHealth => {
  const dead = queues.filter(({ trouble }) => trouble !== undefined)
  const first = dead[0]?.trouble ?? ""
  if (dead.length === queues.length) return down(ended(first))
  const because = refused === "" ? "" : ` ${refused}`
  const deadText = dead.length === 0 ? "" : ` ${named(queues, dead[0])}${ended(first)}`
  for (const queue of queues) {
    const { ledger, trouble, progressAgo, unclaimedFor = 0, unsettledFor = 0 } = queue
    if (ledger === undefined || trouble !== undefined) continue
    const { waiting, inFlight, oldestInFlight = 0 } = ledger
    if (oldestInFlight >= stuckAfterMs) {
      const lines = many(inFlight, "line is in flight", "lines are in flight")
      const batch = `${lines}, among them a batch that has been tried for ${span(oldestInFlight)} and is not stored.`
      return stalled(`${named(queues, queue)}${batch}${because}${deadText}`)
    }
    if (isRecent(progressAgo)) continue
    if (unclaimedFor >= stalledAfterMs) {
      const lines = many(waiting, "line waits", "lines wait")
      return stalled(
        `${named(queues, queue)}${lines} and nothing was claimed for ${span(unclaimedFor)}.${deadText}`
      )
    }
    if (unsettledFor >= stalledAfterMs) {
      const lines = many(inFlight, "line is in flight", "lines are in flight")
      return stalled(
        `${named(queues, queue)}${lines} and none was settled for ${span(unsettledFor)}.${because}${deadText}`
      )
    }
  }
  if (dead.length > 0) return stalled(deadText.trim())
  const isBusy = queues.some(
    ({ ledger, progressAgo }) =>
      isRecent(progressAgo) || (ledger !== undefined && ledger.waiting + ledger.inFlight > 0)
  )
  if (isBusy) return flowing()
  return queues.some(({ ledger }) => ledger === undefined)
    ? unknown("It has not answered yet.")
    : idle("The queue is empty.")
}

/** The health of the log, from its own answer (`trouble` when it does not) and from the bridges that write to it. */
export const logHealth = (
  trouble: string | undefined,
  bridge: StageHealth,
  writers: ActorObservation | undefined
): StageHealth => {
  if (trouble !== undefined) return down(ended(trouble))
  if (bridge.condition === "flows") return flowing()
  if (writers === undefined || writers.instances === 0) {
    const unseen = "No visible bridge writes to it."
    return bridge.condition === "down" ? idle(unseen) : unknown(unseen)
  }
  if (isRecent(writers.failedAgo)) return stalled(`No record is confirmed: ${why(writers)}`)
  if (bridge.condition === "stands still") return stalled("No records arrive.")
  const { messageAgo } = writers
  return idle(
    messageAgo === undefined
      ? "Nothing has been stored yet."
      : `Nothing has been stored for ${span(messageAgo)}.`
  )
}

/** A system that does not answer: the error as reported, and a sentence that names the system. */
export interface DeadSystem {
  readonly name: string
  readonly trouble: string
  /** The error in all wordings in which it was reported. */
  readonly troubles: ReadonlyArray<string>
  readonly sentence: string
}

/** The health of the system: the worst condition of its stages, with a sentence that names the cause. */
export const systemHealth = (
  stages: ReadonlyArray<StageHealth & { readonly name: string }>,
  dead: ReadonlyArray<DeadSystem>
): StageHealth => {
  const bad = (["down", "stands still"] as const).flatMap((condition) =>
    stages.filter((stage) => stage.condition === condition)
  )
  const [worst, ...others] = bad
  if (worst !== undefined) {
    const mentionsError = ({ troubles }: DeadSystem): boolean =>
      troubles.some((trouble) => worst.sentence.includes(trouble))
    const isNamed = (one: DeadSystem): boolean =>
      one.name.replace(/ \d+$/, "") === worst.name || mentionsError(one)
    const isDeadItself = dead.some(({ name }) => name.replace(/ \d+$/, "") === worst.name)
    const isCaused = !isDeadItself && dead.some(mentionsError)
    if (isCaused) {
      const sufferers = `Affected: ${listed(bad.map(({ name }) => name))}.`
      return {
        condition: worst.condition,
        sentence: [...dead.map(({ sentence }) => sentence), sufferers].join(" ")
      }
    }
    const unnamed = dead.filter((one) => !isNamed(one))
    const what = `The ${worst.name} ${worst.condition === "down" ? "is down" : "is stalled"}: ${worst.sentence}`
    const more = others.length === 0 ? [] : [`Also affected: ${listed(others.map(({ name }) => name))}.`]
    return {
      condition: worst.condition,
      sentence: [...unnamed.map(({ sentence }) => sentence), what, ...more].join(" ")
    }
  }
  if (dead.length > 0) return stalled(dead.map(({ sentence }) => sentence).join(" "))
  if (stages.length === 0) return unknown("Nothing is known yet.")
  const isFlowing = stages.some(({ condition }) => condition === "flows")
  const unseen = stages.filter(({ condition }) => condition === "unknown")
  if (unseen.length === 0)
    return isFlowing ? flowing("Everything is flowing.") : idle("There is nothing to do.")
  if (unseen.length === stages.length) return unknown("Nothing is known yet.")
  const what = `Unknown: ${listed(unseen.map(({ name }) => name))}.`
  return isFlowing ? flowing(`All visible stages are flowing. ${what}`) : unknown(what)
}

/** What is wrong with some instances while the others work. */
const partly = (seen: ActorObservation): string => {
  const { silent, instances, restarting, crash, partlyUnreachable, unreachable } = seen
  const gone =
    silent === 0 ? "" : `${silent} of ${instances + silent} no longer ${silent === 1 ? "answers" : "answer"}.`
  const crashed =
    crash === undefined ? "" : ` ${restarting > 0 ? `${restarting} of ${instances}` : "One of them"} ${crash}`
  return `${gone}${crashed}${troublesText({ ...partlyUnreachable, ...unreachable })}`.trim()
}

const why = ({ reason, unreachable }: ActorObservation): string =>
  `${reasonText(reason)}.${troublesText(unreachable)}`

const troublesText = (troubles: Readonly<Record<string, string>>): string =>
  Object.entries(troubles)
    .map(([name, sentence]) => ` It cannot reach its ${name}: ${ended(sentence)}`)
    .join("")

/**
 * Is a system unreachable that it cannot work without? One of several queue servers is enough, and the viewer needs only
 * the log.
 */
const lacksRequiredSystem = ({ name, unreachable }: ActorObservation): boolean =>
  Object.keys(unreachable).some((system) => !/ \d+$/.test(system) && (name !== "viewer" || system === "log"))

const quiet = (age: number | undefined): string =>
  age === undefined ? "No messages since it started." : `No messages for ${span(age)}.`

const named = (queues: ReadonlyArray<QueueObservation>, one: QueueObservation | undefined): string =>
  queues.length === 1 || one === undefined ? "" : `${one.name}: `
