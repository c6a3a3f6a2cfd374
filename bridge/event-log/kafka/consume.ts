/**
 * Reading from Kafka as a member of a group until it is interrupted: one member, and a new one after growing delays
 * whenever that has failed.
 */
import { randomBytes } from "node:crypto"
import { Effect, Schedule } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Outage } from "../../outage.ts"
import { makeConsumerFigures } from "../consumer-figures.ts"
import { makeHandling } from "../deliver-batch.ts"
import type { ReadOptions, RecordBatch } from "../service.ts"
import type { Admin } from "./admin.ts"
import type { Clients } from "./client.ts"
import { placeOf } from "./cluster.ts"
import { isNotAllowed, neverHeals, sentence } from "./errors.ts"
import { runMember } from "./group-member.ts"
import type { Membership, Positions } from "./membership.ts"
import { declareSkipped, type Unpacking } from "./skipped-batches.ts"
import type { KafkaTopics } from "./topics.ts"

/** Delays before the next member grow from the first to the second, milliseconds. */
const firstDelayMs = 250
const maxDelayMs = 10_000

/** What all readers of a log share. */
export interface ReadTools {
  readonly clients: Clients
  readonly admin: Admin
  readonly topics: KafkaTopics
  readonly unpacking: Unpacking
  readonly outage: Outage
}

/** `read` of the event log. Those who only watch get a group of their own each, which is removed when they stop. */
export const makeRead =
  (tools: ReadTools) =>
  <E>(
    { group, topics: names, from, partitionsAtOnce = 1, watch }: ReadOptions,
    handle: (batch: RecordBatch) => Effect.Effect<void, E>
  ): Effect.Effect<never, Failure> =>
    Effect.gen(function* () {
      const { unpacking, outage } = tools
      const handling = yield* makeHandling()
      const reading = { topics: names, watch, partitionsAtOnce, unpacking, outage, handle, handling }
      if (typeof from !== "number") {
        yield* declareSkipped(names)
        const figures = makeConsumerFigures(yield* Effect.context<never>(), group)
        return yield* readOn(tools, {
          ...{ ...reading, group, positions: undefined, figures },
          since: from === "oldest" ? undefined : from.since
        }).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              figures.own([])
              watch?.owned([])
            })
          )
        )
      }
      const watcher = `${group}-${randomBytes(6).toString("hex")}`
      return yield* startPositions(tools, names, BigInt(from)).pipe(
        Effect.flatMap((positions) =>
          readOn(tools, {
            ...{ ...reading, group: watcher, positions, figures: undefined, since: undefined }
          })
        ),
        Effect.ensuring(removeGroup(tools.admin, watcher))
      )
    })

const readOn = <E>(
  { clients, outage }: ReadTools,
  membership: Omit<Membership<E>, "onProgress" | "onJoined">
): Effect.Effect<never, Failure> => {
  let delayMs = firstDelayMs
  const joining = outage.operation({ isSteady: true })
  const onProgress = (): void => {
    delayMs = firstDelayMs
  }
  return runMember(clients, { ...membership, onProgress, onJoined: joining.worked }).pipe(
    Effect.catch((error) => {
      const tried = sentence(`Cannot read ${membership.topics.join(", ")} from Kafka`, error)
      const said = isNotAllowed(error)
        ? `${tried}. Allow READ on the group ${membership.group}, and READ and DESCRIBE on the topics.`
        : tried
      if (neverHeals(error)) return Effect.fail(new Failure({ reason: "misconfigured", message: said }))
      joining.failed(said)
      const waiting = Effect.sleep(delayMs)
      delayMs = Math.min(delayMs * 2, maxDelayMs)
      return waiting
    }),
    Effect.forever,
    Effect.ensuring(Effect.sync(joining.ended))
  )
}

/** So many records before the end of each partition; asked until it is known. */
const startPositions = (
  { topics, outage }: ReadTools,
  names: ReadonlyArray<Topic>,
  behind: bigint
): Effect.Effect<Positions> => {
  const asking = outage.operation({ isSteady: true })
  return topics.extents(names).pipe(
    Effect.map((extents) => {
      const positions: Positions = new Map()
      for (const { topic, partition, low, high } of extents) {
        positions.set(placeOf(topic, partition), high - low < behind ? low : high - behind)
      }
      return positions
    }),
    Effect.tapError(({ message }) => Effect.sync(() => asking.failed(message))),
    Effect.retry(Schedule.spaced("1 second")),
    Effect.orDie,
    Effect.ensuring(Effect.sync(asking.ended))
  )
}

const removeGroup = (admin: Admin, group: string): Effect.Effect<void> =>
  Effect.promise(() => admin.deleteGroup(group).catch(() => {})).pipe(
    Effect.timeoutOption(2_000),
    Effect.ignore
  )
