/**
 * Runs one actor in a test: supervised as in a process, with virtual time, its services in memory, no servers, no files, no
 * settings of the environment. Lives until the test's body ends; then the actor is drained.
 */
import { ConfigProvider, Context, Effect, Exit, type Layer, Logger, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { makeProcessOutages, Outages } from "../../bridge/outage.ts"
import { Reloadables } from "../../bridge/reload.ts"
import { InMemory } from "../../bridge/sqlite/database.ts"
import type { Actor, StartFailure } from "../runtime/actor.ts"
import {
  eventLog,
  ingestQueue,
  messageBus,
  projectionStore,
  type Requirement
} from "../runtime/dependencies.ts"
import { makeHealth } from "../runtime/health.ts"
import { provideAll } from "../runtime/provide-all.ts"
import { start } from "../runtime/supervisor.ts"
import { testBegins } from "./events.ts"
import { makeInjectedFailures } from "./injected-failures.ts"
import { watchBus, writeLog } from "./observed.ts"
import { makeTestActor, type TestActor } from "./test-actor.ts"
import { passingTime } from "./turns.ts"

/** What a test changes of the defaults. */
export interface TestOptions {
  /** Settings by name, as in the environment; without them the defaults apply. The environment itself is not read. */
  readonly settings?: Readonly<Record<string, string>>
  /** For some of the services that the actor requires, the layer to build in place of the one in memory. */
  readonly services?: ReadonlyArray<readonly [Requirement<never>, Layer.Layer<never, StartFailure>]>
  /** Failures that are ordered before the actor starts, as by `fail` of the actor. */
  readonly failing?: ReadonlyArray<Parameters<TestActor["fail"]>>
  /** The time at which the test begins, milliseconds since 1970; default: the begin of 2026, UTC. */
  readonly now?: number
}

/**
 * Runs the actor and the body, a generator function that gets the actor. Resolves with what the body returns; rejects when
 * the actor cannot start, when the body fails, and when an injected failure was never met.
 *
 * @example
 * ```ts
 * test("each browser is counted", () =>
 *   withActor(BrowserCounter, function* (actor) {
 *     yield* actor.append([record({ browser: "Firefox" }), record({ browser: "Firefox" })])
 *     assert.equal(seen.get("Firefox"), 2)
 *   }))
 * ```
 */
export const withActor = <A>(
  actor: Actor,
  body: (actor: TestActor) => Effect.fn.Return<A, unknown, Scope.Scope>,
  options: TestOptions = {}
): Promise<A> => {
  const logged: Array<string> = []
  const settings = { DATA_DIR: ":memory:", ...options.settings }
  return Effect.runPromise(
    Effect.andThen(TestClock.setTime(options.now ?? testBegins), running(actor, body, options, logged)).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: settings })),
      Effect.provideService(Metric.MetricRegistry, new Map()),
      Effect.provideService(InMemory, true),
      Effect.provideService(Reloadables, new Set()),
      Effect.provideService(Outages, makeProcessOutages()),
      Effect.provide(TestClock.layer({ warningDelay: "1 hour" })),
      Effect.provide(Logger.layer([writeLog(logged)]))
    )
  )
}

/** The services of every test, whatever its actor requires: the test itself uses them. */
const always = [ingestQueue, eventLog, projectionStore, messageBus]

const running = Effect.fnUntraced(function* <A>(
  actor: Actor,
  body: (actor: TestActor) => Effect.fn.Return<A, unknown, Scope.Scope>,
  { services = [], failing = [] }: TestOptions,
  logged: ReadonlyArray<string>
): Effect.fn.Return<A, unknown> {
  const scope = yield* Scope.make()
  const failures = makeInjectedFailures()
  for (const [{ key }, operation, failure, times = 1] of failing) failures.add(key, operation, failure, times)
  const test = Effect.gen(function* () {
    const replaced = new Map(services)
    const requires = [...new Set([...always, ...actor.requires])].map((one): Requirement<never> => {
      const layer = replaced.get(one)
      return layer === undefined ? one : { ...one, layer }
    })
    const context = yield* provideAll(requires)
    const published = yield* watchBus(Context.get(context as Context.Context<MessageBus>, MessageBus))
    const health = makeHealth()
    const running = yield* start(actor, failures.within(context), health, () => {})
    const tested = makeTestActor({ running, context, health, failures, published, logged })
    yield* tested.settled
    const result = yield* Effect.gen(() => body(tested))
    yield* tested.stop
    return result
  })
  const exit = yield* Effect.exit(Effect.provideService(test, Scope.Scope, scope))
  yield* passingTime(Scope.close(scope, Exit.void))
  const result = yield* exit
  const [unmet] = failures.unmet()
  if (unmet !== undefined)
    return yield* Effect.die(
      new Error(`The injected failure of ${unmet} was not met: no call of that name was made.`)
    )
  return result
})
