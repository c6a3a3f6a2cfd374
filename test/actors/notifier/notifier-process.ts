/** A notifier as a process with stores of its own, what clients ask of it, and what it left for the deliverers. */
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import * as DeviceMappingsLive from "../../../bridge/device-mappings/layer.ts"
import type { DeviceMappings } from "../../../bridge/device-mappings/service.ts"
import * as ReactionStoreLive from "../../../bridge/reaction-store/layer.ts"
import { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { decode } from "../../../contracts/messages/msgpack.ts"
import type { DeliveryContent } from "../../../contracts/reactions/delivery.ts"
import { type Environment, ownSettings, type runtimes, startSpoor } from "../../support/spoor.ts"

/** A delivery as the notifier left it. */
export interface Left {
  readonly id: string
  readonly rule: string
  readonly target: string
  readonly content: DeliveryContent
}

export interface NotifierProcess {
  /** Sends a request with the password, if there is one; other headers win. */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Environment) => Promise<Response>
  /** A form instead of JSON. */
  readonly form: (path: string, fields: Environment) => Promise<Response>
  /** Takes all deliveries that wait, and settles them as delivered. */
  readonly taken: () => Promise<ReadonlyArray<Left>>
  readonly onStores: <A>(work: Effect.Effect<A, Failure, DeviceMappings | ReactionStore>) => Promise<A>
  readonly url: URL
  /** An address of the banner. */
  readonly address: (what: string) => URL
  readonly stop: () => Promise<void>
  /** Kills it (SIGKILL). */
  readonly kill: () => void
}

export const startNotifier = async (
  more: Environment = {},
  runtime: keyof typeof runtimes = "bun",
  others: ReadonlyArray<string> = []
): Promise<NotifierProcess> => {
  const env = ownSettings({ NOTIFIER_PORT: "0", ...more })
  const process = await startSpoor(["notifier", ...others], env, runtime)
  const url = process.address("register devices")
  const layers = Layer.mergeAll(ReactionStoreLive.layer, DeviceMappingsLive.layer).pipe(
    Layer.provide(Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })))
  )
  const onStores: NotifierProcess["onStores"] = (work) =>
    work.pipe(Effect.provide(layers), Effect.provide(Logger.layer([])), Effect.runPromise)
  const login: Record<string, string> =
    env.NOTIFIER_PASSWORD === undefined
      ? {}
      : { authorization: `Basic ${btoa(`notifier:${env.NOTIFIER_PASSWORD}`)}` }
  return {
    url,
    address: process.address,
    onStores,
    ask: (method, path, body, headers = {}) =>
      fetch(new URL(path, url), {
        ...{ method, redirect: "manual" },
        headers: {
          ...login,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      }),
    form: (path, fields) =>
      fetch(new URL(path, url), {
        ...{ method: "POST", redirect: "manual" },
        headers: login,
        body: new URLSearchParams(fields)
      }),
    taken: () => onStores(takeAll),
    stop: async () => void (await process.end()),
    kill: () => void process.process.kill("SIGKILL")
  }
}

const takeAll: Effect.Effect<ReadonlyArray<Left>, Failure, ReactionStore> = Effect.gen(function* () {
  const store = yield* ReactionStore
  const claimed = yield* store.claim("test", { max: 1_000, leaseMs: 60_000, concurrency: 1_000 })
  const settlements = claimed.map(({ id, lease }) => ({
    ...{ id, lease, outcome: { kind: "delivered" }, health: "unknown" }
  })) as Parameters<typeof store.settle>[0]
  yield* store.settle(settlements, { failures: 5, openMs: 1_000, maxOpenMs: 60_000 })
  return claimed.map(({ id, rule, target, content }) => ({
    ...{ id, rule, target },
    content: decode(content) as DeliveryContent
  }))
})
