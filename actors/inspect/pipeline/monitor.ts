/**
 * The watch over the whole system: asks the actors on the bus and the queues about once a second, for as long as
 * somebody has wanted to know within the last ten seconds (one that keeps looking: every five seconds after that, so
 * that the next one who wants to know gets rates), and says at any moment what it knows. It never waits for what it
 * asks, except for a moment when it begins. Lives as long as its scope.
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
import { makeInstances, silentAfter } from "./instances.ts"
import { makeView } from "./make-view.ts"
import { makePollInterval } from "./poll-interval.ts"
import { makeProbe } from "./probe.ts"
import { makeQueueHistory, type QueueObservation } from "./queues.ts"
import type { SystemView } from "./system-view.ts"

export interface MonitorOptions {
  readonly bus: MessageBus["Service"]
  /** None when the queues cannot be asked from here. */
  readonly sources: ReadonlyArray<QueueSource>
  /** Of this process: tells of the systems that it reaches itself. */
  readonly health: Health
  /** It goes on looking, seldom, while nobody wants to know: one look makes no rate. */
  readonly keepsLooking?: boolean
  /** Sentences that are always among the troubles. */
  readonly caveats?: ReadonlyArray<string>
}

export interface Watch {
  /** What is known now. Takes less than a second, whatever hangs; never fails. */
  readonly view: Effect.Effect<SystemView>
}

/** How long actors have to answer, milliseconds: fifty of them on a busy machine do within this. */
const answerWindow = 500

/** When it begins, whoever wants to know waits for first answers, but no longer than this, milliseconds. */
const firstWait = 750

export const makeMonitor = Effect.fnUntraced(function* (
  options: MonitorOptions
): Effect.fn.Return<Watch, never, Scope.Scope> {
  const { bus, sources, health, keepsLooking = false, caveats = [] } = options
  const scope = yield* Effect.scope
  const pace = yield* makePollInterval(keepsLooking)
  const { rest } = pace
  const instances = makeInstances()
  const actorGroups = makeActorGroups()
  const queues = sources.map((source, i) => {
    const history = makeQueueHistory(sources.length === 1 ? "queue" : `queue ${i + 1}`)
    return { history, probe: makeProbe(source.ledger(0), history.hear, rest) }
  })
  let heardAt = Number.NEGATIVE_INFINITY
  const actors = makeProbe(
    discover(bus, "stats", answerWindow),
    (answers, at) => {
      heardAt = at
      instances.hear(answers, at)
    },
    rest
  )
  const introductions = makeProbe(
    Effect.suspend(() => (instances.areStrange() ? discover(bus, "info", answerWindow) : Effect.succeed([]))),
    instances.learn,
    rest
  )
  // That the bus is away does not make every process unready, so its health does not always tell.
  const busHealth = makeHealth()
  busHealth.addDependencies([["bus", bus.dependency]])
  const found = Effect.all([health.lastFound(), busHealth.lastFound()])
  const systems = makeProbe(found, () => {}, rest)
  const probes = [actors, introductions, systems, ...queues.map(({ probe }) => probe)]

  let isPolling = false
  let begunAt = 0

  const begin = (at: number): void => {
    isPolling = true
    begunAt = at
    heardAt = Number.NEGATIVE_INFINITY
    instances.begin()
    actorGroups.begin()
    for (const { history } of queues) history.begin()
    for (const probe of probes) probe.begin()
  }

  const poll = Effect.all(
    probes.map(({ run }) => run),
    { concurrency: "unbounded", discard: true }
  ).pipe(
    Effect.raceFirst(pace.untilUnwanted),
    Effect.ensuring(
      Effect.sync(() => {
        isPolling = false
      })
    )
  )

  const firstAnswers = Effect.gen(function* () {
    while ((yield* monotonicMillis) - begunAt < firstWait) {
      if (probes.every(({ hasAnswered }) => hasAnswered()) && (yield* found).every(isWhole)) return
      yield* Effect.sleep(10)
    }
  })

  const look = Effect.gen(function* () {
    const at = yield* monotonicMillis
    const wall = yield* Clock.currentTimeMillis
    const queuesSeen = queues.map(({ history, probe }) => history.seen(at, probe.trouble(at)))
    const queue = queuesSeen.length === 0 ? undefined : queueHealth(queuesSeen)
    const linesLie = queue?.condition === "stands still" ? `It claims nothing: ${queue.sentence}` : undefined
    const all = instances.all(at)
    const trouble = actors.trouble(at)
    const own = yield* found
    return makeView({
      at,
      wall,
      instances: all,
      summary: instances.summary,
      groups: actorGroups.groups(all, { at, wall }, (name) => (name === "drainer" ? linesLie : undefined)),
      gone: instances.gone(at),
      queues: queuesSeen,
      bus: { isAsked: at - heardAt <= silentAfter, trouble, embedded: bus.dependency.embedded },
      own: {
        seams: Object.assign({}, ...own.map(({ seams }) => seams)),
        systems: Object.assign({}, ...own.map(({ systems }) => systems))
      },
      troubles: [...caveats, ...unasked("actors", trouble), ...queuesSeen.flatMap(unaskedQueue)]
    })
  })

  const view = Effect.gen(function* () {
    const now = yield* monotonicMillis
    const isOld = yield* pace.want
    if (!isPolling) {
      begin(now)
      yield* Effect.forkIn(poll, scope)
    } else if (isOld) {
      begunAt = now
      actorGroups.begin()
      for (const probe of probes) probe.again()
      yield* pace.wake
    }
    yield* firstAnswers
    return yield* look
  })

  if (keepsLooking) {
    begin(yield* monotonicMillis)
    yield* Effect.forkIn(poll, scope)
  }
  return { view }
})

/** The sentence about what could not be asked, if it could not. */
const unasked = (what: string, trouble: string | undefined): ReadonlyArray<string> =>
  trouble === undefined ? [] : [`The ${what} cannot be asked: ${ended(trouble)}`]

const unaskedQueue = ({ name, trouble }: QueueObservation): ReadonlyArray<string> => unasked(name, trouble)

/** Was each of them looked at? */
const isWhole = ({ seams, systems }: SystemsFound): boolean =>
  Object.keys(systems).every((name) => name in seams)
