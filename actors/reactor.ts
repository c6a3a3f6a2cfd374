/** Reactor: matches the events of the log with rules, and writes what they cause as deliveries, once however often an event is read. */
import { Duration, Effect } from "effect"
import { ReactionStore } from "../bridge/reaction-store/service.ts"
import { eventIdParam } from "../contracts/client-event-id.ts"
import { enrichSteps, readSteps } from "../contracts/enrichment-step.ts"
import { traceParam } from "../contracts/trace-context.ts"
import { visitorId } from "../gateway/privacy/settings.ts"
import { makeReactorFigures, reactorMetrics } from "./reactor/figures.ts"
import { makeHandleBatch } from "./reactor/handle-batch.ts"
import { reactorRecords } from "./reactor/records.ts"
import { checkRules, reactorRules } from "./reactor/rules.ts"
import { deliverFor, renderSettings, rulesFile } from "./rules/settings.ts"
import { reactionStoreFigures, storeMetrics } from "./rules/store-figures.ts"
import * as Actor from "./runtime/actor.ts"
import { Self } from "./runtime/actor-context.ts"
import { eventLog, reactionStore } from "./runtime/dependencies.ts"

/** Partitions handled at the same time: while one waits for the store, another is matched. */
const partitionsAtOnce = 4

const name = "reactor"

export const Reactor = Actor.make(
  name,
  {
    summary: "Matches events with rules, and writes what they cause as deliveries.",
    receives: reactorRecords(name),
    sends: "deliveries to the store of reactions",
    requires: [eventLog, reactionStore],
    settings: [rulesFile, ...renderSettings, deliverFor, eventIdParam, visitorId, traceParam, enrichSteps],
    checks: [readSteps, checkRules],
    metrics: [...reactorMetrics, ...storeMetrics],
    concurrency: partitionsAtOnce,
    waiting: 16
  },
  Effect.gen(function* () {
    const { meter } = yield* Self
    yield* meter.declare("repeated", ["seen before"])
    const figures = yield* makeReactorFigures
    const store = yield* ReactionStore
    yield* reactionStoreFigures(store)
    return makeHandleBatch({
      store,
      live: yield* reactorRules(figures),
      written: {
        idParam: yield* eventIdParam.config,
        hasVisitorIds: (yield* visitorId.config) !== "off",
        traceParam: yield* traceParam.config,
        steps: (yield* readSteps).map(({ name: step }) => step)
      },
      deliverForMs: Duration.toMillis(yield* deliverFor.config),
      ...{ figures, meter }
    })
  })
)
