/**
 * Reading from Kafka as a member of a group until it is interrupted: one member, and a new one after growing delays
 * whenever that has failed.
 */
import { randomBytes } from "node:crypto"
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { makeLogOnce } from "../../log-once.ts"
import type { ReadOptions, RecordBatch } from "../service.ts"
import type { Admin } from "./admin.ts"
import type { Clients } from "./client.ts"
import { placeOf } from "./cluster.ts"
import { neverHeals, sentence } from "./errors.ts"
import { runMember } from "./group-member.ts"
import type { Membership, Positions } from "./membership.ts"
import { declareSkipped, type Unpacking } from "./skipped-batches.ts"
import type { KafkaTopics } from "./topics.ts"

/** Delays before the next member grow from the first to the second, milliseconds. */
const firstDelayMs = 250
const maxDelayMs = 10_000

/** `read` of the event log. Those who only watch get a group of their own each, which is removed when they stop. */
export const makeRead =
  (clients: Clients, admin: Admin, topics: KafkaTopics, unpacking: Unpacking) =>
  <E>(
    { group, topics: names, from, partitionsAtOnce = 1 }: ReadOptions,
    handle: (batch: RecordBatch) => Effect.Effect<void, E>
  ): Effect.Effect<never, Failure> => {
    const reading = { topics: names, partitionsAtOnce, handle, unpacking }
    if (from === "oldest")
      return Effect.andThen(
        declareSkipped(names),
        readOn(clients, { ...reading, group, positions: undefined })
      )
    const watcher = `${group}-${randomBytes(6).toString("hex")}`
    return startPositions(topics, names, BigInt(from)).pipe(
      Effect.flatMap((positions) => readOn(clients, { ...reading, group: watcher, positions })),
      Effect.ensuring(removeGroup(admin, watcher))
    )
  }

const readOn = <E>(
  clients: Clients,
  membership: Omit<Membership<E>, "onProgress">
): Effect.Effect<never, Failure> => {
  let delayMs = firstDelayMs
  const troubles = makeLogOnce()
  const onProgress = (): void => {
    delayMs = firstDelayMs
    troubles.worked()
  }
  return runMember(clients, { ...membership, onProgress }).pipe(
    Effect.catch((error) => {
      const said = sentence(`Cannot read ${membership.topics.join(", ")} from Kafka`, error)
      if (neverHeals(error)) return Effect.fail(new Failure({ reason: "misconfigured", message: said }))
      const warning = troubles.isNew(said) ? Effect.logWarning(said) : Effect.void
      const waiting = Effect.andThen(warning, Effect.sleep(delayMs))
      delayMs = Math.min(delayMs * 2, maxDelayMs)
      return waiting
    }),
    Effect.forever
  )
}

/** So many records before the end of each partition; asked until it is known. */
const startPositions = (
  topics: KafkaTopics,
  names: ReadonlyArray<Topic>,
  behind: bigint,
  troubles = makeLogOnce()
): Effect.Effect<Positions> =>
  topics.extents(names).pipe(
    Effect.map((extents) => {
      const positions: Positions = new Map()
      for (const { topic, partition, low, high } of extents) {
        positions.set(placeOf(topic, partition), high - low < behind ? low : high - behind)
      }
      return positions
    }),
    Effect.catch(({ message }) =>
      (troubles.isNew(message) ? Effect.logWarning(message) : Effect.void).pipe(
        Effect.andThen(Effect.sleep(1_000)),
        Effect.andThen(Effect.suspend(() => startPositions(topics, names, behind, troubles)))
      )
    )
  )

const removeGroup = (admin: Admin, group: string): Effect.Effect<void> =>
  Effect.promise(() => admin.deleteGroup(group).catch(() => {})).pipe(
    Effect.timeoutOption(2_000),
    Effect.ignore
  )
