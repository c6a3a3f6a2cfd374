/**
 * What an actor is: a name, what it receives, what it needs, its limits, what it builds at every start, and what it
 * does with one message. How it lives (mailbox, supervision, drain, figures, registration) is the system's part:
 * life.ts runs one actor, process.ts runs several.
 */
import { type Config, type Context, Effect, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"
import { Self } from "./actor-context.ts"
import type { Provided, Requirement } from "./dependencies.ts"
import { type Handle, type Limits, type Mailbox, makeMailbox } from "./mailbox.ts"

/** What a start can fail with; both become one sentence on the terminal. */
export type StartFailure = Failure | Config.ConfigError

/**
 * Where messages come from. `open` is run at every start, once the actor is built; it begins to deliver and returns
 * what is left to do until the actor ends: an effect that never succeeds, and fails when messages can no longer
 * arrive. Closing the scope takes no more messages and waits for those under way.
 */
export interface Inbox<Message, Answer, R> {
  /** For people, behind "receives": "requests on spoor.enrich". */
  readonly describes: string
  readonly settings: ReadonlyArray<Setting<unknown>>
  /** The subject and group on the bus, of an inbox that is one. */
  readonly serves?: { readonly subject: string; readonly queue: string }
  readonly open: (
    mailbox: Mailbox<Message, Answer>
  ) => Effect.Effect<Effect.Effect<never, Failure>, StartFailure, R | Self | Scope.Scope>
}

/** An actor as the system sees it, its types settled. */
export interface Actor {
  readonly name: string
  readonly summary: string
  readonly receives: string
  readonly serves: { readonly subject: string; readonly queue: string } | undefined
  readonly sends: string
  readonly settings: ReadonlyArray<Setting<unknown>>
  readonly requires: ReadonlyArray<Requirement<never>>
  readonly limits: Limits
  /**
   * One life: builds, opens the inbox, runs `up`, and goes on until interrupted or failed. `context` must hold the
   * services of `requires`.
   */
  readonly live: (
    context: Context.Context<never>,
    up: Effect.Effect<void>
  ) => Effect.Effect<never, StartFailure, Self>
}

export interface Definition<Message, Answer, R, N extends ReadonlyArray<Requirement<never>>> {
  /** One sentence, for `--list` and `$SRV.INFO`. */
  readonly summary: string
  readonly receives: Inbox<Message, Answer, R>
  /** For people: where its work goes. */
  readonly sends: string
  readonly requires: N
  readonly settings?: ReadonlyArray<Setting<unknown>>
  /** Messages handled at a time; 1 unless said otherwise. */
  readonly concurrency?: number
  /** Messages that may wait beside those; as many unless said otherwise. */
  readonly waiting?: number
}

/** The services that the needs provide; what an actor may use while it is built and in its inbox. */
type Within<N extends ReadonlyArray<Requirement<never>>> = Provided<N[number]> | Self | Scope.Scope

/**
 * Defines an actor. `build` runs at every start: what it acquires is private to this life and released at its end;
 * it returns what the actor does with one message.
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
  const life = Effect.fnUntraced(function* (up: Effect.Effect<void>) {
    const { meter } = yield* Self
    const handle = yield* build
    const run = yield* definition.receives.open(makeMailbox(limits, meter, handle))
    yield* up
    return yield* run
  })
  return {
    name,
    summary: definition.summary,
    receives: definition.receives.describes,
    serves: definition.receives.serves,
    sends: definition.sends,
    settings: [...definition.receives.settings, ...(definition.settings ?? [])],
    requires: definition.requires,
    limits,
    live: (context, up) =>
      Effect.scoped(life(up)).pipe(Effect.provideContext(context as Context.Context<Provided<N[number]>>))
  }
}
