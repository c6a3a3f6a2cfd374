/**
 * The monitor of the whole pipeline. While views are requested, and for ten seconds after the last request, it polls the
 * actors on the bus and the queues about once a second; with `pollsWhileIdle` it then continues every five seconds, so that
 * the next view has rates at once. A view is built from the data at hand and waits for no poll, except for a moment after
 * polling has started. Lives as long as its scope.
 */
import { Clock, Effect, type Scope } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { discover } from "../../../bridge/message-bus/micro-service.ts"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { type Health, makeHealth, type SystemsFound } from "../../runtime/health.ts"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"
import { ended } from "../format.ts"
import { makeActorGroups } from "./actor-groups.ts"
import { queueHealth } from "./health-rules.ts"
import { makeInstances, silentAfterMs } from "./instances.ts"
import { makeView } from "./make-view.ts"
import { makePollInterval, type PollInterval } from "./poll-interval.ts"
import { makeProbe } from "./probe.ts"
import { makeQueueHistory, type QueueObservation } from "./queues.ts"
import type { SystemView } from "./system-view.ts"

export interface MonitorOptions {
  readonly bus: MessageBus["Service"]
  /** The queue servers; none if this process has no access to them. */
  readonly sources: ReadonlyArray<QueueSource>
  /** The health of this process, for the systems that it reaches itself. */
  readonly health: Health
  /** Continues polling, rarely, without requests: a single poll gives no rates. */
  readonly pollsWhileIdle?: boolean
  /** Sentences that are added to the troubles of each view. */
  readonly caveats?: ReadonlyArray<string>
}

export interface Monitor {
  /** The current state. Takes less than a second, even if a system hangs; never fails. */
  readonly view: Effect.Effect<SystemView>
}

/** How long actors have to answer a poll, milliseconds: enough for fifty of them on a busy machine. */
const answerWindowMs = 500

/** How long a view waits for first answers after polling has started, milliseconds. */
const firstAnswersTimeoutMs = 750

export const makeMonitor = Effect.fnUntraced(function* (
  options: MonitorOptions
): Effect.fn.Return<Monitor, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const interval = yield* makePollInterval(options.pollsWhileIdle === true)
  const polled = makePolledState(options, interval)
  const { probes } = polled
  let isPolling = false
  let startedAt = 0

  const poll = Effect.all(
    probes.map(({ run }) => run),
    { concurrency: "unbounded", discard: true }
  ).pipe(
    Effect.raceFirst(interval.untilIdle),
    Effect.ensuring(
      Effect.sync(() => {
        isPolling = false
      })
    )
  )

  const startPolling = Effect.fnUntraced(function* (at: number) {
    isPolling = true
    startedAt = at
    polled.reset()
    yield* Effect.forkIn(poll, scope)
  })

  const firstAnswers = Effect.gen(function* () {
    while ((yield* monotonicMillis) - startedAt < firstAnswersTimeoutMs) {
      if (probes.every(({ hasAnswered }) => hasAnswered()) && (yield* polled.systems).every(isComplete))
        return
      yield* Effect.sleep(10)
    }
  })

  const view = Effect.gen(function* () {
    const now = yield* monotonicMillis
    const isOld = yield* interval.request
    if (!isPolling) yield* startPolling(now)
    else if (isOld) {
      startedAt = now
      polled.expectAnswers()
      yield* interval.wake
    }
    yield* firstAnswers
    return yield* polled.view
  })

  if (options.pollsWhileIdle === true) yield* startPolling(yield* monotonicMillis)
  return { view }
})

/** What the probes have collected, and the view built from it. */
const makePolledState = ({ bus, sources, health, caveats = [] }: MonitorOptions, { pause }: PollInterval) => {
  const instances = makeInstances()
  const actorGroups = makeActorGroups()
  const queues = sources.map((source, i) => {
    const history = makeQueueHistory(sources.length === 1 ? "queue" : `queue ${i + 1}`)
    return { history, probe: makeProbe(source.ledger(0), history.record, pause) }
  })
  let answeredAt = Number.NEGATIVE_INFINITY
  const actors = makeProbe(
    discover(bus, "stats", answerWindowMs),
    (answers, at) => {
      answeredAt = at
      instances.record(answers, at)
    },
    pause
  )
  const descriptions = makeProbe(
    Effect.suspend(() => (instances.needInfo() ? discover(bus, "info", answerWindowMs) : Effect.succeed([]))),
    instances.recordInfo,
    pause
  )
  // An unreachable bus does not make every process unready, so the health of the process may not include it.
  const busHealth = makeHealth()
  busHealth.addDependencies([["bus", bus.dependency]])
  const systems = Effect.all([health.lastFound(), busHealth.lastFound()])
  const probes = [
    actors,
    descriptions,
    makeProbe(systems, () => {}, pause),
    ...queues.map(({ probe }) => probe)
  ]

  const view = Effect.gen(function* () {
    const at = yield* monotonicMillis
    const wall = yield* Clock.currentTimeMillis
    const observed = queues.map(({ history, probe }) => history.observe(at, probe.trouble(at)))
    const pendingLines = pendingLinesIn(observed)
    const all = instances.all(at)
    const trouble = actors.trouble(at)
    const own = yield* systems
    return makeView({
      at,
      wall,
      instances: all,
      summary: instances.summary,
      groups: actorGroups.groups(all, { at, wall }, (name) =>
        name === "drainer" ? pendingLines : undefined
      ),
      gone: instances.gone(at),
      queues: observed,
      bus: { isAnswering: at - answeredAt <= silentAfterMs, trouble, embedded: bus.dependency.embedded },
      own: {
        seams: Object.assign({}, ...own.map(({ seams }) => seams)),
        systems: Object.assign({}, ...own.map(({ systems }) => systems))
      },
      troubles: [...caveats, ...unchecked("actors", trouble), ...observed.flatMap(uncheckedQueue)]
    })
  })

  return {
    probes,
    systems,
    view,
    reset: (): void => {
      answeredAt = Number.NEGATIVE_INFINITY
      instances.reset()
      actorGroups.reset()
      for (const { history } of queues) history.reset()
      for (const probe of probes) probe.reset()
    },
    /** The data is old: waits for the next answers, and restarts the lag of readers. */
    expectAnswers: (): void => {
      actorGroups.reset()
      for (const probe of probes) probe.expectAnswer()
    }
  }
}

/** The sentence about lines that no drainer claims, if the queue is stalled. */
const pendingLinesIn = (queues: ReadonlyArray<QueueObservation>): string | undefined => {
  if (queues.length === 0) return undefined
  const { condition, sentence } = queueHealth(queues)
  return condition === "stands still" ? `It claims nothing: ${sentence}` : undefined
}

/** The sentence about something that could not be checked, if there is trouble. */
const unchecked = (what: string, trouble: string | undefined): ReadonlyArray<string> =>
  trouble === undefined ? [] : [`The ${what} cannot be checked: ${ended(trouble)}`]

const uncheckedQueue = ({ name, trouble }: QueueObservation): ReadonlyArray<string> =>
  unchecked(name, trouble)

/** Has each of them been checked? */
const isComplete = ({ seams, systems }: SystemsFound): boolean =>
  Object.keys(systems).every((name) => name in seams)
