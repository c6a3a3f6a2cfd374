/**
 * The gateway as a Worker (workerd, Cloudflare Workers): the entry point of the bundle that `npm run worker` makes. The
 * bindings are the settings, and EDGE_QUEUE is the namespace of the Durable Object. An isolate lives as the platform
 * decides; nothing that matters is kept in it.
 */
import type { DurableObjectNamespace } from "cloudflare:workers"
import { Effect } from "effect"
import { Failure } from "../contracts/failure.ts"
import { readAll } from "../contracts/setting.ts"
import { type EdgeGateway, openEdgeGateway } from "./edge-runtime/edge-gateway.ts"
import type { EdgeObjectMethods } from "./edge-runtime/edge-object.ts"
import { objectStore } from "./edge-runtime/object-store.ts"
import { storeSettings } from "./edge-runtime/read-settings.ts"
import { edgeShards } from "./edge-runtime/settings.ts"

export { EdgeQueue } from "./edge-runtime/edge-object.ts"

interface Bindings extends Record<string, unknown> {
  readonly EDGE_QUEUE?: DurableObjectNamespace<EdgeObjectMethods>
}

interface ExecutionContext {
  /** The request is not ended before the promise settles, even when its client disconnects. */
  readonly waitUntil: (promise: Promise<unknown>) => void
}

/** Made by the first request: the bindings of an isolate do not change. */
let gateway: EdgeGateway | undefined

export default {
  fetch: (request: Request, bindings: Bindings, context: ExecutionContext): Promise<Response> => {
    gateway ??= openEdgeGateway(bindings, {
      durableAck: "durable-object",
      addressHeader: "cf-connecting-ip",
      openStore: openObjects(bindings.EDGE_QUEUE)
    })
    const answered = Promise.resolve(gateway.fetch(request))
    context.waitUntil(answered)
    return answered
  }
}

const openObjects = (namespace: Bindings["EDGE_QUEUE"]) =>
  Effect.gen(function* () {
    const { shards } = yield* readAll({ shards: edgeShards })
    yield* storeSettings
    if (namespace === undefined)
      return yield* new Failure({
        reason: "misconfigured",
        message: "The binding EDGE_QUEUE is missing: bind it to the Durable Object class EdgeQueue."
      })
    return objectStore(namespace, shards)
  })
