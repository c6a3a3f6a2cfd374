/** Shared functions of the tests of the message bus. */
import { Effect, Logger, Metric, type Scope } from "effect"
import { type DropReason, droppedBy } from "../../../bridge/message-bus/dropped-messages.ts"
import type { Failure, FailureReason } from "../../../contracts/failure.ts"

/** Runs a test's effect in a new scope, without its log lines. */
export const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect).pipe(Effect.provide(Logger.layer([]))))

/** A subject that no other test uses. */
export const newSubject = (): string => `test.${crypto.randomUUID()}`

export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
export const text = (value: Uint8Array): string => new TextDecoder().decode(value)

/** Deadlines: one that no test reaches, and one that a test waits for. */
export const anHour = Effect.sync(() => Date.now() + 3_600_000)
export const soon = Effect.sync(() => Date.now() + 150)

/** The reason of the failure, or "succeeded". */
export const failed = (effect: Effect.Effect<unknown, Failure>): Effect.Effect<FailureReason | "succeeded"> =>
  effect.pipe(
    Effect.as("succeeded" as const),
    Effect.catch((failure) => Effect.succeed(failure.reason))
  )

/** The number of messages that the bus has dropped for that reason in this process. */
export const dropCount = (reason: DropReason): Effect.Effect<number> =>
  Effect.map(Metric.value(droppedBy(reason)), ({ count }) => count)
