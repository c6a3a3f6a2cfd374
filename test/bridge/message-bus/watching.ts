/** A subscriber for tests: subscribed when this returns; it keeps all messages and can be paused. */
import { Effect, Latch, type Scope, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { eventually } from "../../support/eventually.ts"
import { bytes, text } from "./support.ts"

interface Watching {
  /** The messages received up to and including `last`. */
  readonly until: (last: string) => Effect.Effect<ReadonlyArray<string>>
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
}

/** Subscribes to `pattern` on `bus`. A subscription does not report its start, so `from` sends to `probe` until one arrives. */
export const watching = Effect.fnUntraced(function* (
  bus: MessageBus["Service"],
  from: MessageBus["Service"],
  pattern: string,
  probe: string
): Effect.fn.Return<Watching, never, Scope.Scope> {
  const seen: Array<string> = []
  const gate = yield* Latch.make(true)
  yield* bus.subscribe(pattern).pipe(
    Stream.runForEach((message) =>
      Effect.andThen(
        gate.await,
        Effect.sync(() => seen.push(text(message.payload)))
      )
    ),
    Effect.forkScoped
  )
  yield* Effect.promise(() =>
    eventually(`watching ${pattern}`, async () => {
      await Effect.runPromise(from.publish(probe, bytes("probe")))
      return seen.includes("probe")
    })
  )
  return {
    until: (last) =>
      Effect.promise(() =>
        eventually(`seeing ${last}`, () => {
          const told = seen.filter((one) => one !== "probe")
          return told.includes(last) && told
        })
      ),
    pause: gate.close.pipe(Effect.asVoid),
    resume: gate.open.pipe(Effect.asVoid)
  }
})
