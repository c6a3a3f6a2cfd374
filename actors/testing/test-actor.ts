/** An actor under test, as the test's body sees it: what it is sent, what it did, and how time passes for it. */
import { Context, type Duration, Effect, Metric, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { EventLog, type LogRecord, type NewRecord } from "../../bridge/event-log/service.ts"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { ProjectionStore } from "../../bridge/projection-store/service.ts"
import type { RawBatch, Receipt } from "../../contracts/batch.ts"
import type { DeadLetter } from "../../contracts/dead-letter.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import { Topic } from "../../contracts/ids.ts"
import { encode } from "../../contracts/messages/msgpack.ts"
import type { Conversation } from "../../contracts/requests.ts"
import { Self } from "../runtime/actor-context.ts"
import type { ActorState, Health } from "../runtime/health.ts"
import { requests } from "../runtime/inbox/requests.ts"
import { makeMailbox } from "../runtime/mailbox.ts"
import { makeMeter, type Outcome } from "../runtime/metrics.ts"
import { ask } from "../runtime/request.ts"
import type { RunningActor } from "../runtime/supervisor.ts"
import type { InjectedFailures } from "./injected-failures.ts"
import type { PublishedMessage } from "./observed.ts"
import { passingTime, untilQuiet } from "./turns.ts"

/** Events by outcome: received, succeeded, failed, refused, and so on. */
export type Outcomes = Readonly<Record<Outcome, number>>

/** What every request between Spoor's actors has. */
type AnyBatch = Pick<RawBatch, "id" | "digest" | "claimed" | "traces"> & {
  readonly events: ReadonlyArray<{ readonly index: number; readonly topic: Topic }>
}

/**
 * An actor under test. What sends something, or lets time pass, returns when nothing moves any more without time passing.
 */
export interface TestActor {
  /** Appends records to the log, whose topics it creates: the messages of the inbox `records`. */
  readonly append: (records: ReadonlyArray<NewRecord>) => Effect.Effect<void, Failure>
  /** Pushes lines to the queue: the messages of the inbox `claims`. */
  readonly push: (lines: ReadonlyArray<ByteString>) => Effect.Effect<void, Failure>
  /** Publishes a message on the bus: bytes as they are, anything else as MessagePack. */
  readonly publish: (subject: string, message: unknown) => Effect.Effect<void>
  /**
   * Sends a request to the actor and returns its answer: the receipt, or the failure. When the handler waits for time, fork
   * the request and let time pass.
   */
  readonly request: <Request extends AnyBatch>(
    conversation: Conversation<Request>,
    request: Request
  ) => Effect.Effect<Receipt, Failure>
  /** Answers the requests that the actor sends, in place of the actor that it asks. A crash is answered as `crashed`. */
  readonly answer: <Request extends AnyBatch>(
    conversation: Conversation<Request>,
    handle: (request: Request) => Effect.Effect<Receipt, Failure>
  ) => Effect.Effect<void, unknown, Scope.Scope>
  /**
   * The next `times` (1) calls of an operation of a service fail with this failure, for the actor and not for the test. An
   * operation of what a service returns has its own name: `ack` of a claimed batch.
   *
   * @example
   * ```ts
   * const failure = new Failure({ reason: "unavailable", message: "the disk is full" })
   * yield* actor.fail(ProjectionStore, "apply", failure)
   * ```
   */
  readonly fail: (
    service: { readonly key: string },
    operation: string,
    failure: Failure,
    times?: number
  ) => Effect.Effect<void>
  /** Lets virtual time pass: timers fire in their order. */
  readonly advance: (duration: Duration.Input) => Effect.Effect<void>
  /** Waits until nothing moves any more without time passing. */
  readonly settled: Effect.Effect<void>
  /** Drains the actor as SIGTERM does, while time passes; returns when it has stopped. */
  readonly stop: Effect.Effect<void>

  /** All records of a topic (default `events`), the oldest first: those appended by the test and by the actor. */
  readonly records: (topic?: string) => Effect.Effect<ReadonlyArray<LogRecord>, Failure>
  /** The lines that wait in the queue: those pushed by the actor, and those that it has not claimed. */
  readonly lines: Effect.Effect<ReadonlyArray<ByteString>, Failure>
  readonly deadLetters: Effect.Effect<ReadonlyArray<DeadLetter>, Failure>
  /** A table of a projection, by key; `projection` is by default the actor's name. */
  readonly counts: (
    table: string,
    projection?: string
  ) => Effect.Effect<Readonly<Record<string, number>>, Failure>
  /** The messages published on the bus and the requests sent there, the oldest first. */
  readonly published: ReadonlyArray<PublishedMessage>
  /** The lines of the log: level, message and cause of each. */
  readonly logged: ReadonlyArray<string>
  readonly outcomes: () => Outcomes
  readonly state: () => ActorState | undefined
  /** The sum of a metric's series that have these attributes; of a histogram its count. 0 without such a series. */
  readonly metric: (name: string, attributes?: Readonly<Record<string, string>>) => Effect.Effect<number>
  /** All metrics in the Prometheus text format, as `/metrics` serves them. */
  readonly metrics: Effect.Effect<string>
  /** A service of the test, without the injected failures. */
  readonly service: <Id, Shape>(service: Context.Key<Id, Shape>) => Shape
}

/** The parts that a test actor is made of. */
interface Parts {
  readonly running: RunningActor
  readonly context: Context.Context<never>
  readonly health: Health
  readonly failures: InjectedFailures
  readonly published: ReadonlyArray<PublishedMessage>
  readonly logged: ReadonlyArray<string>
}

const maxRows = 100_000
const maxLetters = 10_000

export const makeTestActor = (parts: Parts): TestActor => {
  const { running, context, health, failures, published, logged } = parts
  const service: TestActor["service"] = (key) =>
    Context.get(context as Context.Context<unknown>, key as never)
  const bus = service(MessageBus)
  const settled = untilQuiet(() =>
    JSON.stringify([
      running.meter.totals(),
      published.length,
      logged.length,
      health.stateOf(running.actor.name)
    ])
  )
  const thenSettled = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(effect, settled)

  return {
    append: (records) => thenSettled(append(service(EventLog), records)),
    push: (lines) => thenSettled(service(IngestQueue).push(lines)),
    publish: (subject, message) =>
      thenSettled(bus.publish(subject, message instanceof Uint8Array ? message : encode(message))),
    request: (conversation, request) =>
      Effect.flatMap(ask(conversation, "drainer"), (send) => send(request)).pipe(
        Effect.provideService(MessageBus, bus)
      ),
    answer: (conversation, handle) => answer(bus, health, conversation, handle),
    fail: ({ key }, operation, failure, times = 1) =>
      Effect.sync(() => failures.add(key, operation, failure, times)),
    advance: (duration) => thenSettled(TestClock.adjust(duration)),
    settled,
    stop: passingTime(running.drain),
    records: (topic = "events") => recordsOf(service(EventLog), Topic.make(topic)),
    lines: Effect.map(
      Effect.forEach(service(IngestQueue).sources, (source) => source.ledger(maxRows)),
      (ledgers) => ledgers.flatMap(({ lines }) => lines?.waiting ?? [])
    ),
    deadLetters: Effect.map(
      Effect.forEach(service(IngestQueue).sources, ({ deadLetters }) => deadLetters.read(0, maxLetters)),
      (stored) => stored.flat().flatMap(({ letter }) => (letter === undefined ? [] : [letter]))
    ),
    counts: (table, projection = running.actor.name) =>
      Effect.map(service(ProjectionStore).top(projection, table, maxRows), (rows) =>
        Object.fromEntries(rows.map(({ key, count }) => [key, count]))
      ),
    published,
    logged,
    outcomes: () => running.meter.totals().events,
    state: () => health.stateOf(running.actor.name),
    metric,
    metrics: health.metrics,
    service
  }
}

const append = Effect.fnUntraced(function* (log: EventLog["Service"], records: ReadonlyArray<NewRecord>) {
  yield* log.ensureTopics([...new Set(records.map(({ topic }) => topic))])
  yield* log.append(records, "test")
})

const recordsOf = Effect.fnUntraced(function* (log: EventLog["Service"], topic: Topic) {
  const found: Array<LogRecord> = []
  yield* log.scan({ topics: [topic], since: 0 }, ({ records }) => {
    found.push(...records)
    return false
  })
  return found
})

const answer = Effect.fnUntraced(function* <Request extends AnyBatch>(
  bus: MessageBus["Service"],
  health: Health,
  conversation: Conversation<Request>,
  handle: (request: Request) => Effect.Effect<Receipt, Failure>
) {
  const meter = makeMeter(`test ${conversation.name}`)
  const self = Self.of({
    ...{ name: `test ${conversation.name}`, meter, health },
    ...{ announce: () => {}, announced: () => undefined }
  })
  yield* requests(conversation)
    .open(makeMailbox({ concurrency: 64, capacity: 1_024 }, meter, handle))
    .pipe(Effect.provideService(MessageBus, bus), Effect.provideService(Self, self))
})

const metric: TestActor["metric"] = (name, attributes = {}) =>
  Effect.map(Metric.snapshot, (series) => {
    let sum = 0
    for (const one of series) {
      const isMeant =
        one.id === name && Object.entries(attributes).every(([key, value]) => one.attributes?.[key] === value)
      if (!isMeant) continue
      if ("count" in one.state) sum += Number(one.state.count)
      else if ("value" in one.state) sum += Number(one.state.value)
    }
    return sum
  })
