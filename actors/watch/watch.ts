/**
 * The watch over the whole system: asks the actors on the bus and the queues about once a second, for as long as
 * somebody has wanted to know within the last ten seconds, and says at any moment what it knows. It never waits for what
 * it asks, except for a moment when it begins. Lives as long as its scope.
 */
import { Clock, Effect, type Scope } from "effect"
import type { QueueSource } from "../../bridge/ingest-queue/service.ts"
import { discover } from "../../bridge/message-bus/micro-service.ts"
import type { MessageBus } from "../../bridge/message-bus/service.ts"
import { type Health, makeHealth } from "../system/health.ts"
import { steadyMillis } from "../system/steady.ts"
import { makeActorGroups } from "./actors-seen.ts"
import { makeInstances, silentAfter } from "./instances.ts"
import { judgeQueue } from "./judge.ts"
import { makeView } from "./make-view.ts"
import { makeProbe } from "./probe.ts"
import { makeQueueHistory } from "./queues.ts"
import type { SystemView } from "./system-view.ts"
import { ended } from "./words.ts"

export interface WatchOptions {
  readonly bus: MessageBus["Service"]
  /** None when the queues cannot be asked from here. */
  readonly sources: ReadonlyArray<QueueSource>
  /** Of this process: tells of the systems that it reaches itself. */
  readonly health: Health
  /** Sentences that are always among the troubles. */
  readonly caveats?: ReadonlyArray<string>
}

export interface Watch {
  /** What is known now. Takes less than a second, whatever hangs; never fails. */
  readonly view: Effect.Effect<SystemView>
}

/** How long actors have to answer, milliseconds: fifty of them on a busy machine do within this. */
const answerWindow = 500

/** It goes on asking for so long after somebody wanted to know, milliseconds. */
const interest = 10_000

/** When it begins, whoever wants to know waits for first answers, but no longer than this, milliseconds. */
const firstWait = 750

export const makeWatch = Effect.fnUntraced(function* (
  options: WatchOptions
): Effect.fn.Return<Watch, never, Scope.Scope> {
  const { bus, sources, health, caveats = [] } = options
  const scope = yield* Effect.scope
  const instances = makeInstances()
  const actorGroups = makeActorGroups()
  const queues = sources.map((source, i) => {
    const history = makeQueueHistory(sources.length === 1 ? "queue" : `queue ${i + 1}`)
    return { history, probe: makeProbe(source.ledger(0), history.hear) }
  })
  let heardAt = Number.NEGATIVE_INFINITY
  const actors = makeProbe(discover(bus, "stats", answerWindow), (answers, at) => {
    heardAt = at
    instances.hear(answers, at)
  })
  const introductions = makeProbe(
    Effect.suspend(() => (instances.areStrange() ? discover(bus, "info", answerWindow) : Effect.succeed([]))),
    instances.learn
  )
  // That the bus is away does not make every process unready, so its health does not always tell.
  const busHealth = makeHealth()
  busHealth.addSeams([["bus", bus.seam]])
  const probes = [actors, introductions, ...queues.map(({ probe }) => probe)]

  let isPolling = false
  let wantedAt = 0
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

  const untilUnwanted = Effect.gen(function* () {
    while ((yield* steadyMillis) - wantedAt < interest) yield* Effect.sleep("1 second")
  })

  const poll = Effect.all(
    probes.map(({ run }) => run),
    { concurrency: "unbounded", discard: true }
  ).pipe(
    Effect.raceFirst(untilUnwanted),
    Effect.ensuring(
      Effect.sync(() => {
        isPolling = false
      })
    )
  )

  const firstAnswers = Effect.gen(function* () {
    while ((yield* steadyMillis) - begunAt < firstWait && !probes.every(({ hasAnswered }) => hasAnswered()))
      yield* Effect.sleep(10)
  })

  const look = Effect.gen(function* () {
    const at = yield* steadyMillis
    const wall = yield* Clock.currentTimeMillis
    const queuesSeen = queues.map(({ history, probe }) => history.seen(at, probe.trouble(at)))
    const queue = queuesSeen.length === 0 ? undefined : judgeQueue(queuesSeen)
    const linesLie = queue?.condition === "stands still" ? `It claims nothing: ${queue.sentence}` : undefined
    const all = instances.all(at)
    const trouble = actors.trouble(at)
    const found = [yield* health.lastFound(), yield* busHealth.lastFound()]
    return makeView({
      at,
      wall,
      instances: all,
      summary: instances.summary,
      groups: actorGroups.groups(all, { at, wall }, (name) => (name === "drainer" ? linesLie : undefined)),
      gone: instances.gone(at),
      queues: queuesSeen,
      bus: { isAsked: at - heardAt <= silentAfter, trouble, embedded: bus.seam.embedded },
      own: {
        seams: Object.assign({}, ...found.map(({ seams }) => seams)),
        systems: Object.assign({}, ...found.map(({ systems }) => systems))
      },
      troubles: [
        ...caveats,
        ...(trouble === undefined ? [] : [`The actors cannot be asked: ${ended(trouble)}`]),
        ...queuesSeen.flatMap((one) =>
          one.trouble === undefined ? [] : [`The ${one.name} cannot be asked: ${ended(one.trouble)}`]
        )
      ]
    })
  })

  const view = Effect.gen(function* () {
    const now = yield* steadyMillis
    wantedAt = now
    if (!isPolling) {
      begin(now)
      yield* Effect.forkIn(poll, scope)
    }
    yield* firstAnswers
    return yield* look
  })

  return { view }
})
