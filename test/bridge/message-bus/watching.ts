/** A watcher for tests: it is there when this returns, keeps what it sees, and can be held up. */
import { Effect, Latch, type Scope, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { eventually } from "../../support/eventually.ts"
import { bytes, text } from "./support.ts"

interface Watching {
  /** What was seen before and with the message `last`. */
  readonly until: (last: string) => Effect.Effect<ReadonlyArray<string>>
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
}

/** Watches `pattern` on `bus`. A subscription says not when it begins, so `from` sends to `probe` until it is seen. */
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
