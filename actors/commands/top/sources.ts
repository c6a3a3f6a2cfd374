/** The sources of `top`: the actors on NATS and the queues, or the viewer. */
import { type Config, Context, Effect, Layer, Redacted } from "effect"
import { IngestQueue, type QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { redisUrl } from "../../../bridge/settings.ts"
import { Failure } from "../../../contracts/failure.ts"
import { makeMonitor } from "../../inspect/pipeline/monitor.ts"
import type { SystemView } from "../../inspect/pipeline/system-view.ts"
import { ingestQueue, messageBus } from "../../runtime/dependencies.ts"
import { makeHealth } from "../../runtime/health.ts"
import { askViewer } from "../viewer-client.ts"

/** Reads the state of the system now. */
export type ReadSystem = Effect.Effect<SystemView, Failure | Config.ConfigError>

/** Fails with `misconfigured` for settings that cannot work; a server that is down is reported in the view. */
export const fromNats = Effect.gen(function* () {
  const bus = Context.get(yield* Layer.build(messageBus.layer), MessageBus)
  const health = makeHealth()
  const urls = yield* redisUrl.config
  const hasQueues = urls !== undefined && Redacted.value(urls).trim() !== ""
  let sources: ReadonlyArray<QueueSource> = []
  if (hasQueues) {
    const context = yield* Layer.build(ingestQueue.layer)
    sources = Context.get(context, IngestQueue).sources
    health.addDependencies(ingestQueue.systems(context))
  }
  const caveats = hasQueues ? [] : ["The queue is not checked: set REDIS_URL to include it."]
  const { view } = yield* makeMonitor({ bus, sources, health, caveats })
  return view satisfies ReadSystem
})

/** Requests each reading from the viewer. Fails with `unavailable` when it cannot be reached. */
export const fromViewer: Effect.Effect<ReadSystem> = Effect.succeed(
  Effect.gen(function* () {
    const { address, response } = yield* askViewer("/api/system", "application/json")
    return yield* Effect.tryPromise({
      try: async () => readView(await response.json()),
      catch: () =>
        new Failure({
          reason: "unavailable",
          message: `${address} is not a viewer of Spoor: correct VIEWER_URL`
        })
    })
  })
)

const readView = (body: unknown): SystemView => {
  const view = body as SystemView
  const lists = [view.stages, view.instances, view.seams, view.troubles]
  if (!lists.every(Array.isArray)) throw new TypeError("not a system view")
  return view
}
