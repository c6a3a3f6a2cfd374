/** A bus over a NATS server that runs, once it is connected. */
import { Effect, Redacted, type Scope } from "effect"
import { makeNats } from "../../../bridge/message-bus/nats/bus.ts"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"
import { failed } from "./support.ts"

type Bus = MessageBus["Service"]

/** A bus that connects in its own time. */
export const bus = (url: string): Effect.Effect<Bus, Failure, Scope.Scope> =>
  makeNats({ url: Redacted.make(url), creds: undefined, inboxPrefix: "_INBOX.test" })

/** Waits until the bus is connected. */
export const isConnected = (bus: Bus): Effect.Effect<void> =>
  Effect.asVoid(
    Effect.promise(() =>
      eventually(
        "connected",
        async () => (await Effect.runPromise(failed(bus.dependency.check))) === "succeeded"
      )
    )
  )

/** A bus that is connected. */
export const connected = (url: string): Effect.Effect<Bus, Failure, Scope.Scope> =>
  Effect.tap(bus(url), isConnected)
