/**
 * The definition of an actor: its name, inbox, required services and limits, its setup at each start, and its handler of
 * one message. The runtime does the rest (mailbox, supervision, drain, metrics, registration):
 * supervisor.ts runs one actor, process.ts runs several.
 */
import { type Config, type Context, Effect, type Metric, type Scope } from "effect"
import type { ReaderGroup } from "../../bridge/event-log/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"
import { Self } from "./actor-context.ts"
import type { Provided, Requirement } from "./dependencies.ts"
import { type Handle, type Limits, type Mailbox, makeMailbox } from "./mailbox.ts"

/** The errors of a start; each is printed as one sentence. */
export type StartFailure = Failure | Config.ConfigError

/**
 * Fails with one sentence for settings that cannot work together, as the start would. Reads settings and the files that
 * they name; connects to nothing and changes nothing. `--check` runs all checks of an actor.
 */
export type SettingsCheck = Effect.Effect<unknown, StartFailure>

/**
 * The source of an actor's messages.
 *
 * `open(mailbox)` is called at each start, after the actor has been built. It begins to deliver messages with
 * `mailbox.deliver` and returns an effect that runs for as long as the actor does.
 *
 * - `mailbox.deliver` waits for the handler's answer. It fails as the handler fails; with `busy` when the mailbox is full,
 *   `expired` when the deadline leaves no time to begin, and `crashed` when the handler crashed. The inbox decides what
 *   a failure means: reply with it, release the batch, read the record again.
 * - If `open` fails, the start of the actor fails: the first start ends the process, a later one counts as a crash.
 * - The returned effect never succeeds. It fails when messages can no longer arrive; that is a crash of the actor, which
 *   the supervisor restarts.
 * - Closing the scope stops taking messages and waits for those in flight.
 *
 * @example An inbox that delivers the time once a second.
 * ```ts
 * const ticks: Inbox<number, void, never> = {
 *   describes: "the time, once a second",
 *   settings: [],
 *   open: (mailbox) =>
 *     Effect.succeed(
 *       Clock.currentTimeMillis.pipe(
 *         Effect.flatMap((now) => mailbox.deliver(now, { events: 1, oldest: now })),
 *         Effect.andThen(Effect.sleep("1 second")),
 *         Effect.forever
 *       )
 *     )
 * }
 * ```
 */
export interface Inbox<Message, Answer, R> {
  /** For people, after "receives": "requests on spoor.enrich". */
  readonly describes: string
  readonly settings: ReadonlyArray<Setting<unknown>>
  readonly checks?: ReadonlyArray<SettingsCheck>
  /** The subject and queue group on the bus, if the inbox serves one. */
  readonly serves?: Served
  /** The consumer group in which it reads the log, if it does. */
  readonly group?: ReaderGroup
  readonly open: (
    mailbox: Mailbox<Message, Answer>
  ) => Effect.Effect<Effect.Effect<never, Failure>, StartFailure, R | Self | Scope.Scope>
}

/** A metric that an actor declares, so that `--help` names it and its name belongs to one actor. Any of Effect's is one. */
export type DeclaredMetric = Pick<Metric.Metric<never, unknown>, "id" | "type" | "description">

/** `newer`: the subjects of newer formats, which it serves where the bus allows it. */
export interface Served {
  readonly subject: string
  readonly queue: string
  readonly newer?: ReadonlyArray<string>
}

/** An actor as the runtime sees it, without its type parameters. */
export interface Actor {
  readonly name: string
  readonly summary: string
  readonly receives: string
  readonly serves: Served | undefined
  readonly group: ReaderGroup | undefined
  readonly sends: string
  readonly settings: ReadonlyArray<Setting<unknown>>
  readonly checks: ReadonlyArray<SettingsCheck>
  readonly metrics: ReadonlyArray<DeclaredMetric>
  readonly requires: ReadonlyArray<Requirement<never>>
  readonly limits: Limits
  /**
   * Runs the actor once: builds it, opens the inbox, runs `onUp`, and continues until it is interrupted or fails.
   * `context` must hold the services of `requires`.
   */
  readonly run: (
    context: Context.Context<never>,
    onUp: Effect.Effect<void>
  ) => Effect.Effect<never, StartFailure, Self>
}

/** The description of an actor, for the runtime and for people. */
export interface Definition<Message, Answer, R, N extends ReadonlyArray<Requirement<never>>> {
  /** One sentence, for `--list` and `$SRV.INFO`. */
  readonly summary: string
  /** The source of its messages. */
  readonly receives: Inbox<Message, Answer, R>
  /** The destination of its results, for people. */
  readonly sends: string
  /** The services it uses. The process builds each once, before any actor starts; if one cannot be built, it ends. */
  readonly requires: N
  /** Settings it reads apart from those of its inbox and its services. */
  readonly settings?: ReadonlyArray<Setting<unknown>>
  readonly checks?: ReadonlyArray<SettingsCheck>
  /** Metrics of its own, beside those of every actor. Names that begin with `spoor_` are Spoor's. */
  readonly metrics?: ReadonlyArray<DeclaredMetric>
  /** Messages handled at the same time; default 1. */
  readonly concurrency?: number
  /** The maximum number of waiting messages; default: `concurrency`. Any more are refused with `busy`. */
  readonly waiting?: number
}

/** The services of `requires`, available to the actor's setup and to its inbox. */
type Within<N extends ReadonlyArray<Requirement<never>>> = Provided<N[number]> | Self | Scope.Scope

/**
 * Defines an actor.
 *
 * @param name Unique among all actors; its service name on the bus.
 * @param definition What it receives, requires and sends, and its limits.
 * @param build Runs at each start. What it acquires belongs to this run and is released when the run ends. Returns the
 *   handler. If it fails, the start fails: the first start ends the process with one sentence, a later one counts as a
 *   crash.
 *
 * The handler is called with one message and returns its answer.
 * - Parameters: the message as the inbox decoded it. `Deadline` in the fiber's context says when the answer is due.
 * - Failures: a `Failure` is returned to the inbox. One that is `infrastructure` counts as refused, any other as failed.
 * - Crash (a defect): it is logged and returned to the inbox as the failure `crashed`; the actor keeps running, and the
 *   other messages in flight are not affected. Only the inbox or `build` can end a run; then the supervisor restarts the
 *   actor with growing pauses, and after ten crashes without a healthy minute in between it ends the process.
 * - Interruption: when the process stops, messages in flight are awaited for a limited time and then interrupted.
 *
 * @example An actor that counts the records of the log by topic.
 * ```ts
 * export const TopicCounter = Actor.make(
 *   "topic-counter",
 *   {
 *     summary: "Counts records by topic.",
 *     receives: records("topic-counter", "oldest"),
 *     sends: "nothing",
 *     requires: [eventLog]
 *   },
 *   Effect.sync(() => {
 *     const counts = new Map<string, number>()
 *     return ({ topic, records }: RecordBatch) =>
 *       Effect.sync(() => {
 *         counts.set(topic, (counts.get(topic) ?? 0) + records.length)
 *       })
 *   })
 * )
 * ```
 */
export const make = <
  Message,
  Answer,
  R extends Provided<N[number]>,
  const N extends ReadonlyArray<Requirement<never>>
>(
  name: string,
  definition: Definition<Message, Answer, R, N>,
  build: Effect.Effect<Handle<Message, Answer>, StartFailure, Within<N>>
): Actor => {
  const concurrency = definition.concurrency ?? 1
  const limits = { concurrency, capacity: concurrency + (definition.waiting ?? concurrency) }
  const runOnce = Effect.fnUntraced(function* (onUp: Effect.Effect<void>) {
    const { meter } = yield* Self
    const handle = yield* build
    const receiving = yield* definition.receives.open(makeMailbox(limits, meter, handle))
    yield* onUp
    return yield* receiving
  })
  const actor: Actor = {
    name,
    summary: definition.summary,
    receives: definition.receives.describes,
    serves: definition.receives.serves,
    group: definition.receives.group,
    sends: definition.sends,
    settings: [...definition.receives.settings, ...(definition.settings ?? [])],
    checks: [...(definition.receives.checks ?? []), ...(definition.checks ?? [])],
    metrics: definition.metrics ?? [],
    requires: definition.requires,
    limits,
    run: (context, onUp) =>
      Effect.scoped(runOnce(onUp)).pipe(
        Effect.provideContext(context as Context.Context<Provided<N[number]>>)
      )
  }
  made.add(actor)
  return actor
}

const made = new WeakSet<object>()

/** Whether `make` of this copy of the code returned the value. An actor of another copy cannot run in this process. */
export const isActor = (value: unknown): value is Actor =>
  typeof value === "object" && value !== null && made.has(value)
