/**
 * The store of reactions: which records were seen, the deliveries that wait or are in flight, the targets they go to, the
 * ledger of each rule, and the rules that were made by the API. The matches of a batch are written in one atomic step with
 * the fences that make a record match once, as in the keyed store. All of it is in one slot of a Redis cluster.
 *
 * A delivery is in one state at any moment: waiting (due at some time), in flight (claimed under a lease), or gone. A claim
 * whose lease has expired waits again. `matched = delivered + dead + discarded + suppressed + waiting + inFlight`, per rule.
 */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { DeliveryId, TargetName } from "../../contracts/reactions/delivery.ts"
import type { Dependency } from "../dependency.ts"
import type { LoadedFences, RecordRef, Verdict } from "../keyed-store/fences.ts"

/** A partition as one reader sees it. */
export interface ReactionPartition {
  readonly topic: Topic
  readonly partition: number
}

/** `verdicts` for each record, in order; `version` and `fences` for the commit. */
export interface LoadedReactions {
  readonly version: number
  readonly verdicts: ReadonlyArray<Verdict>
  readonly fences: LoadedFences
}

/**
 * A limit that decides in the atomic step whether a delivery is added or suppressed. Times in ms since 1970.
 * `once`: suppressed as `repeated` while an earlier one with the key lasts (`until` > `at`), else the key lasts `until`;
 * `until` Infinity: for ever, suppressed as `not first`. `rate`: suppressed as `too many` when the window that begins at
 * `window` has `max` already; its count may be forgotten `forMs` after its last change.
 */
export type Gate =
  | { readonly kind: "once"; readonly key: string; readonly at: number; readonly until: number }
  | {
      readonly kind: "rate"
      readonly key: string
      readonly window: number
      readonly max: number
      readonly forMs: number
    }

/** The limits of a target: calls at the same time, and calls per second over all deliverers; undefined: no limit of its own. */
export interface TargetLimits {
  readonly concurrency: number | undefined
  readonly perSecond: number | undefined
}

/** A delivery to add. One whose id is in the store already is not added again, and not counted again. */
export interface NewDelivery {
  readonly id: DeliveryId
  /** The line of the ledger that it counts for. */
  readonly rule: string
  readonly target: TargetName
  readonly limits: TargetLimits
  /** When it is due, and until when it is tried, ms since 1970. */
  readonly due: number
  readonly expires: number
  readonly content: Uint8Array
  readonly gates: ReadonlyArray<Gate>
}

/** Matches that are not delivered for a reason known before the write: counted as matched and suppressed. */
export interface Suppression {
  readonly rule: string
  readonly reason: string
  readonly count: number
}

/** The changes of a commit: the first `handled` records were handled. */
export interface ReactionChanges {
  readonly fences: LoadedFences
  readonly handled: number
  readonly deliveries: ReadonlyArray<NewDelivery>
  readonly suppressed: ReadonlyArray<Suppression>
}

/** `added`: the ids that were added. A delivery is suppressed, beside its gates, when its target is disabled for its rule. */
export interface Added {
  readonly added: ReadonlyArray<DeliveryId>
  readonly suppressed: ReadonlyArray<{ readonly id: DeliveryId; readonly reason: string }>
}

/** The limits of one claim. `concurrency`: of targets without a limit of their own; it should be the same for all who claim. */
export interface ClaimOptions {
  readonly max: number
  readonly leaseMs: number
  readonly concurrency: number
  /** Targets that this deliverer does not take. */
  readonly except?: ReadonlyArray<TargetName>
}

/** A delivery in flight. `lease` names this claim of it; `attempt` counts its claims for the step, from 1. */
export interface ClaimedDelivery {
  readonly id: DeliveryId
  readonly rule: string
  readonly target: TargetName
  readonly lease: string
  readonly attempt: number
  readonly created: number
  readonly expires: number
  readonly content: Uint8Array
}

/**
 * What became of a claimed delivery. `retry`: it is due again at `at`. `next`: it goes on with other content and target; it
 * is suppressed as `target disabled` when that target is disabled for its rule.
 */
export type DeliveryOutcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly at: number }
  | {
      readonly kind: "next"
      readonly target: TargetName
      readonly limits: TargetLimits
      readonly content: Uint8Array
    }
  | { readonly kind: "dead" }
  /** As `retry` at once, and the attempt does not count: nothing was tried (a stop, a missing system of ours). */
  | { readonly kind: "released"; readonly at: number }

/** What a call says of its target: it `worked`, it `failed` (timeout, connection, 5xx, 429), or nothing. */
export type TargetHealth = "worked" | "failed" | "unknown"

/** A call as people see it, without secrets, as JSON. */
export interface CallRecord {
  readonly at: number
  readonly rule: string
  readonly target: TargetName
  readonly text: string
}

export interface Settlement {
  readonly id: DeliveryId
  readonly lease: string
  readonly outcome: DeliveryOutcome
  readonly health: TargetHealth
  /** The target asked to be left alone until then, ms since 1970. */
  readonly holdUntil?: number
  /** The target is disabled for this rule until somebody enables it: new deliveries are suppressed as `target disabled`, those that wait stay as they are. */
  readonly disables?: boolean
  readonly call?: CallRecord
  /** Deliveries that this one causes: added in the same step, and only if it takes effect. */
  readonly spawn?: ReadonlyArray<NewDelivery>
  /** What this one would have caused, counted in the same step as matched and suppressed. */
  readonly suppressed?: ReadonlyArray<Suppression>
}

/** When a breaker opens and for how long: after `failures` in a row for `openMs`, twice as long each time, at most `maxOpenMs`. */
export interface BreakerRules {
  readonly failures: number
  readonly openMs: number
  readonly maxOpenMs: number
}

/** The line of a rule. `suppressed` by reason. `dead`: died and neither replayed nor discarded. */
export interface RuleTotals {
  readonly rule: string
  readonly matched: number
  readonly delivered: number
  readonly dead: number
  readonly discarded: number
  readonly replayed: number
  readonly suppressed: Readonly<Record<string, number>>
  readonly waiting: number
  readonly inFlight: number
}

/** `waiting` and `inFlight` are counted in place, independently of the lines. */
export interface ReactionLedger {
  readonly rules: ReadonlyArray<RuleTotals>
  readonly waiting: number
  readonly inFlight: number
  /** When the oldest waiting delivery was made, ms since 1970; undefined when none waits. */
  readonly oldestWaiting: number | undefined
}

/** `open`: nobody calls until `until`; `half-open`: one call is tried; `held`: the target asked to wait. */
export type TargetState = "closed" | "open" | "half-open" | "held" | "paused"

export interface TargetStatus {
  readonly target: TargetName
  readonly state: TargetState
  readonly until: number | undefined
  readonly waiting: number
  readonly inFlight: number
  /** Failed calls in a row, and calls by health since the store began. */
  readonly failures: number
  readonly worked: number
  readonly failed: number
  readonly lastCall: number | undefined
  /** The rules for which it is disabled. */
  readonly disabledFor: ReadonlyArray<string>
}

/** A rule made by the API, as JSON. */
export interface StoredRule {
  readonly name: string
  readonly text: string
}

/**
 * @example
 * const store = yield* ReactionStore
 * const loaded = yield* store.load(partition, records, end)
 * const added = yield* store.commit(partition, loaded.version, { fences: loaded.fences, handled, deliveries, suppressed: [] })
 */
export class ReactionStore extends Context.Service<
  ReactionStore,
  {
    readonly dependency: Dependency
    /** The fences for these records of a partition, which are ascending but need not be consecutive. */
    readonly load: (
      partition: ReactionPartition,
      records: ReadonlyArray<RecordRef>,
      end: string
    ) => Effect.Effect<LoadedReactions, Failure>
    /** Writes all changes in one atomic step when the partition still has that version; undefined, with nothing done, when not. */
    readonly commit: (
      partition: ReactionPartition,
      version: number,
      changes: ReactionChanges
    ) => Effect.Effect<Added | undefined, Failure>
    /**
     * Adds deliveries that no record caused, all in one atomic step. `together`: when one is suppressed, all are, for its
     * reason, and no gate is passed.
     */
    readonly add: (
      deliveries: ReadonlyArray<NewDelivery>,
      together?: boolean
    ) => Effect.Effect<Added, Failure>
    /**
     * Claims deliveries that are due, of as many targets as possible, within the limits of each target, which count over all
     * deliverers. None of a target that is paused, held, or whose breaker is open; one of a half-open one.
     */
    readonly claim: (
      holder: string,
      options: ClaimOptions
    ) => Effect.Effect<ReadonlyArray<ClaimedDelivery>, Failure>
    /** Extends the leases that are still held. */
    readonly renew: (
      leases: ReadonlyArray<{ readonly id: DeliveryId; readonly lease: string }>,
      leaseMs: number
    ) => Effect.Effect<void, Failure>
    /**
     * Settles deliveries; false for one that is settled already, or that another claim has: nothing was done for it. The
     * holder of a lease that has ended may settle while nobody else has claimed the delivery.
     */
    readonly settle: (
      settlements: ReadonlyArray<Settlement>,
      breaker: BreakerRules
    ) => Effect.Effect<ReadonlyArray<boolean>, Failure>
    /**
     * Waits until something can be claimed, as far as known, at most `maxMs`; ends early when something is added here or by
     * others. Does not wait for the targets that the last claim here left.
     */
    readonly awaitDue: (maxMs: number) => Effect.Effect<void>
    readonly ledger: Effect.Effect<ReactionLedger, Failure>
    readonly targets: (limit: number) => Effect.Effect<ReadonlyArray<TargetStatus>, Failure>
    /** The last calls, the latest first: of a rule, of a target, or of all. */
    readonly calls: (
      of: { readonly rule?: string; readonly target?: TargetName },
      limit: number
    ) => Effect.Effect<ReadonlyArray<CallRecord>, Failure>
    /** Nothing of the target is claimed until it is resumed. */
    readonly pause: (target: TargetName) => Effect.Effect<void, Failure>
    /** Resumes a target: ends a pause, closes its breaker, ends a hold, and makes its waiting deliveries due now. */
    readonly resume: (target: TargetName) => Effect.Effect<void, Failure>
    /** Enables a target for a rule again. */
    readonly enable: (target: TargetName, rule: string) => Effect.Effect<void, Failure>
    /** Adds a delivery that died again, unchanged or edited, without gates; "gone" when it is not one that died. */
    readonly replay: (delivery: NewDelivery) => Effect.Effect<"done" | "gone", Failure>
    /** Counts a delivery that died as discarded; false when it is not one that died. */
    readonly discard: (id: DeliveryId) => Effect.Effect<boolean, Failure>
    /** The number of the last change of the rules made by the API; 0 before the first. */
    readonly rulesVersion: Effect.Effect<number, Failure>
    /** The rules made by the API with the number of their last change, by name. */
    readonly rules: Effect.Effect<
      { readonly version: number; readonly rules: ReadonlyArray<StoredRule> },
      Failure
    >
    readonly putRule: (rule: StoredRule) => Effect.Effect<"created" | "replaced", Failure>
    readonly removeRule: (name: string) => Effect.Effect<boolean, Failure>
  }
>()("spoor/bridge/reaction-store") {}
