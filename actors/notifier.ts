/**
 * Notifier: keeps how devices are reached, and turns requests to notify somebody into deliveries, which deliverers carry
 * out. Keeps no state of its own; any number may run, and only where they are named.
 */
import { Effect } from "effect"
import { DeviceMappings } from "../bridge/device-mappings/service.ts"
import { ReactionStore } from "../bridge/reaction-store/service.ts"
import type { Failure } from "../contracts/failure.ts"
import { notifierRequests } from "./notifier/http/inbox.ts"
import type { NotifierAnswer, NotifierRequest } from "./notifier/requests.ts"
import * as Actor from "./runtime/actor.ts"
import { deviceMappings, reactionStore } from "./runtime/dependencies.ts"

export const Notifier = Actor.make(
  "notifier",
  {
    summary: "Registers devices and takes messages for them over HTTP. Runs only when named.",
    receives: notifierRequests,
    sends: "deliveries to the deliverers",
    requires: [deviceMappings, reactionStore],
    concurrency: 32,
    waiting: 256
  },
  Effect.gen(function* () {
    const mappings = yield* DeviceMappings
    const store = yield* ReactionStore

    return (request: NotifierRequest): Effect.Effect<NotifierAnswer, Failure> => {
      switch (request.kind) {
        case "register":
          return Effect.as(mappings.put(request.deviceId, request.fields), { done: true })
        case "list":
          return mappings.list(request.after, request.limit)
        case "remove":
          return Effect.map(mappings.remove(request.deviceId), (done) => ({ done }))
        case "deliver":
          return Effect.as(store.add(request.deliveries, true), { done: true })
      }
    }
  })
)
