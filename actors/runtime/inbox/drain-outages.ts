/**
 * What a drainer logs about outages: one line when batches can no longer be stored and one when they can, instead of one
 * for each batch; and the same for its queue servers. Lives as long as its inbox.
 */
import { Effect } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { logWith, makeOutage, type Operation, type Outage, Outages } from "../../../bridge/outage.ts"
import type { Failure } from "../../../contracts/failure.ts"

export interface DrainOutages {
  /** A batch could not be stored although it is not the cause. */
  readonly failed: (failure: Failure) => Effect.Effect<void>
  /** The probe of the path failed: batches that failed before wait. */
  readonly probeFailed: (failure: Failure) => Effect.Effect<void>
  /** A batch was stored, or the path was probed successfully. */
  readonly worked: () => void
  /** An operation of the drainer on that server; a steady one is tried again until it works. */
  readonly onQueue: (source: QueueSource, isSteady: boolean) => Operation
}

/** The place to which batches go, and the words of the log about it. */
export interface DrainWords {
  /** Whether an event can be the cause of a failure; if not, no batch is ever split, and none becomes a dead letter for it. */
  readonly hasPoison: boolean
  readonly name: string
  readonly ends: string
  readonly begins: string
  readonly meanwhile: string
}

export const logWords: DrainWords = {
  hasPoison: true,
  name: "The path to the log",
  ends: "Batches are stored again",
  begins: "batch released: ",
  meanwhile: "Batches wait in the queue and are tried again until they are stored."
}

/** The line is written after this time, milliseconds: by then it is known whether the bus is the cause. */
const logAfterMs = 3_000

export const makeDrainOutages = Effect.fnUntraced(function* (words: DrainWords) {
  const bus = yield* MessageBus
  const processOutages = yield* Outages
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const path = makeOutage({
    ...{ name: words.name, ends: words.ends, log, logAfterMs },
    isExplained: processOutages.isAnyOpen
  })
  const storing = path.operation({ meanwhile: words.meanwhile })
  const probing = path.operation()

  /** The bus reports its outage when this fails: without a reply, nothing else tells yet. */
  const checkBus = Effect.forkDetach(Effect.ignore(bus.dependency.check))

  return {
    failed: ({ reason, message }) => {
      storing.failed(message, { begins: words.begins })
      return reason === "no-answer" || reason === "timeout" ? Effect.asVoid(checkBus) : Effect.void
    },
    probeFailed: ({ message }) =>
      Effect.suspend(() => {
        probing.failed(message, {
          begins: "batches that failed before wait until the path to the log works: "
        })
        return Effect.asVoid(checkBus)
      }),
    worked: () => {
      storing.worked()
      probing.worked()
    },
    onQueue: ({ dependency }, isSteady) =>
      (dependency.outage ?? ownOutage(dependency.address)).operation({ isSteady })
  } satisfies DrainOutages

  function ownOutage(address: string): Outage {
    return makeOutage({ name: `The queue at ${address}`, log })
  }
})
