/**
 * A deliverer in this process with its stores, in a folder of its own or on a Redis, for tests. Lives as long as the scope.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Effect, Layer, Logger } from "effect"
import { Deliverer } from "../../../actors/deliverer.ts"
import { deviceMappings, ingestQueue, reactionStore } from "../../../actors/runtime/dependencies.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { DeviceMappings } from "../../../bridge/device-mappings/service.ts"
import { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { type CallRecord, type NewDelivery, ReactionStore } from "../../../bridge/reaction-store/service.ts"
import type { Topic } from "../../../contracts/ids.ts"
import {
  type DeliveryContent,
  DeliveryId,
  type ReactionEvent,
  type TargetName
} from "../../../contracts/reactions/delivery.ts"
import { encodeContent } from "../../../contracts/reactions/delivery-content.ts"
import type { Step } from "../../../contracts/reactions/rule.ts"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-deliverer-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

export const standardSettings = { WEBHOOK_ALLOW: "127.0.0.0/8", DELIVER_TIMEOUT: "5s", REDIS_URL: "" }

/** The services that a deliverer uses, and a way to start deliverers on them. */
export const makeWorld = Effect.fnUntraced(function* (settings: Readonly<Record<string, string>> = {}) {
  const env = { ...standardSettings, DATA_DIR: yield* folder, ...settings }
  const provider = ConfigProvider.fromEnv({ env })
  const context = yield* Layer.build(
    Layer.mergeAll(reactionStore.layer, ingestQueue.layer, deviceMappings.layer)
  ).pipe(Effect.provideService(ConfigProvider.ConfigProvider, provider))
  const health = makeHealth()
  const [source] = Context.get(context, IngestQueue).sources
  if (source === undefined) throw new Error("There is no queue.")
  return {
    env,
    source,
    store: Context.get(context, ReactionStore),
    queue: Context.get(context, IngestQueue),
    mappings: Context.get(context, DeviceMappings),
    metrics: health.metrics,
    start: start(Deliverer, context, health, () => {}).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, provider),
      Effect.provide(Logger.layer([]))
    )
  }
})

export type World = Effect.Success<ReturnType<typeof makeWorld>>

export const event: ReactionEvent = {
  ...{
    id: "01a1fb8bbec97cb7a986b924b7858cf5-0",
    type: "buy",
    topic: "events" as Topic,
    time: 1_796_000_000_000
  },
  ...{ params: { item: "42" }, lists: { item: ["42"] }, meta: { country: "DE" }, hops: 0 }
}

/** A delivery of the rule `r` that is due now. */
export const delivery = (
  name: string,
  target: TargetName,
  steps: ReadonlyArray<Step>,
  { content, ...more }: Partial<Omit<NewDelivery, "content">> & { content?: Partial<DeliveryContent> } = {}
): NewDelivery => ({
  ...{ id: DeliveryId.make(`${event.id}.${name}`), rule: "r", target, gates: [] },
  ...{ limits: { concurrency: undefined, perSecond: undefined }, due: 0, expires: Date.now() + 3_600_000 },
  content: encodeContent({ v: 1, event, steps, at: 0, answers: {}, ...content }),
  ...more
})

export const recorded = ({ text }: CallRecord): Record<string, unknown> => JSON.parse(text)

/** The line of the rule, with its sums checked. */
export const lineOf = ({ store }: World, rule = "r") =>
  Effect.map(store.ledger, ({ rules, waiting, inFlight }) => {
    const sum = (part: "waiting" | "inFlight") => rules.reduce((total, line) => total + line[part], 0)
    if (sum("waiting") !== waiting || sum("inFlight") !== inFlight) throw new Error("The ledger is wrong.")
    for (const line of rules) {
      const suppressed = Object.values(line.suppressed).reduce((total, count) => total + count, 0)
      const states = line.delivered + line.dead + line.discarded + suppressed + line.waiting + line.inFlight
      if (states !== line.matched)
        throw new Error(`Rule ${line.rule} does not add up: ${JSON.stringify(line)}`)
    }
    return rules.find((line) => line.rule === rule)
  })
