/** Simulated actors and queues for tests of the monitor: they report what the test sets. */
import { Effect, type Scope } from "effect"
import { type MonitorOptions, makeMonitor } from "../../../../actors/inspect/pipeline/monitor.ts"
import type { StageView, SystemView } from "../../../../actors/inspect/pipeline/system-view.ts"
import { makeHealth } from "../../../../actors/runtime/health.ts"
import type { QueueLedger, QueueSource } from "../../../../bridge/ingest-queue/service.ts"
import { register } from "../../../../bridge/message-bus/micro-service.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import type { ActorFigures } from "../../../../contracts/actor-stats.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { newBatchId } from "../../../../contracts/ids.ts"

type Bus = MessageBus["Service"]

/** The figures of a simulated actor; the test changes them. */
export interface Playing {
  figures: ActorFigures
  messages: number
  lastError: string
}

/** Answers for an actor of that name until the scope closes. */
export const play = Effect.fnUntraced(function* (
  bus: Bus,
  name: string,
  figures: Partial<ActorFigures> = {}
) {
  const playing: Playing = { figures: { events: {}, ...figures }, messages: 0, lastError: "" }
  yield* register({
    name,
    id: newBatchId(),
    version: "1.2.3",
    description: `Plays the ${name}.`,
    metadata: { host: "here", pid: "7", receives: "something", sends: "something else" },
    stats: Effect.sync(() => [
      {
        name: "messages",
        subject: `$SRV.STATS.${name}`,
        queue: name,
        requests: playing.messages,
        errors: 0,
        lastError: playing.lastError,
        processingTime: playing.messages * 3e6,
        data: playing.figures
      }
    ])
  }).pipe(Effect.provideService(MessageBus, bus))
  return playing
})

/** The whole pipeline and one consumer. */
export const playFlow = Effect.fnUntraced(function* (bus: Bus) {
  return {
    gateway: yield* play(bus, "gateway"),
    drainer: yield* play(bus, "drainer"),
    enricher: yield* play(bus, "enricher"),
    bridge: yield* play(bus, "bridge"),
    counter: yield* play(bus, "event-counter", { behind: [] })
  }
})

/** Adds one message with this many events and outcome. */
export const go = (playing: Playing, outcome: "succeeded" | "failed" | "refused", events: number): void => {
  const before = playing.figures.events
  playing.messages += 1
  playing.figures = { ...playing.figures, events: { ...before, [outcome]: (before[outcome] ?? 0) + events } }
}

export const nothingYet: QueueLedger = {
  since: 1,
  pushed: 0,
  taken: 0,
  topics: [],
  waiting: 0,
  inFlight: 0,
  deadLetters: 0,
  foreignGone: 0,
  inFlightBatches: 0,
  waitingBytes: 0,
  lines: undefined
}

/** A queue with waiting lines and no claims. */
export const full: QueueLedger = { ...nothingYet, waiting: 1_200 }

/** A queue server that reports this ledger; all other operations fail. */
export const playQueue = (ledger: Effect.Effect<QueueLedger, Failure>, address = "queue"): QueueSource => {
  const unsupported = Effect.fail(
    new Failure({ reason: "unavailable", message: "not available in this test" })
  )
  return {
    dependency: { kind: "redis", embedded: false, address, check: Effect.asVoid(ledger) },
    awaitLines: () => Effect.never,
    claim: () => unsupported,
    depth: unsupported,
    ledger: () => ledger,
    find: () => unsupported,
    deadLetters: {
      read: () => unsupported,
      replay: () => unsupported,
      discard: () => unsupported,
      add: () => unsupported,
      take: () => unsupported
    },
    figures: { hold: () => unsupported, release: () => unsupported }
  }
}

/** A monitor of the bus and these queues. */
export const monitorOf = (
  bus: Bus,
  sources: ReadonlyArray<QueueSource> = [],
  more: Partial<MonitorOptions> = {}
): Effect.Effect<Effect.Effect<SystemView>, never, Scope.Scope> =>
  Effect.map(makeMonitor({ bus, sources, health: makeHealth(), ...more }), ({ view }) => view)

export const stage = (view: SystemView, name: string): StageView => {
  const found = view.stages.find((one) => one.name === name)
  if (found === undefined)
    throw new Error(`no ${name} among ${view.stages.map((one) => one.name).join(", ")}`)
  return found
}

/** The condition and the sentence of a stage, as one text. */
export const healthText = (view: SystemView, name: string): string => {
  const { condition, sentence } = stage(view, name)
  return sentence === "" ? condition : `${condition}: ${sentence}`
}
