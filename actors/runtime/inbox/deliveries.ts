/**
 * Messages that are deliveries claimed from the store of reactions: one at a time is handled by the actor, which returns how
 * it is settled. Leases of long ones are renewed. A delivery whose handler fails is released: a system of ours did not
 * respond, and nothing was tried. Its target then rests for a moment in this process. Lives as long as one run of its actor.
 */
import { Clock, Duration, Effect, FiberSet, Result } from "effect"
import { logWith, makeOutage, observed } from "../../../bridge/outage.ts"
import {
  type BreakerRules,
  type ClaimedDelivery,
  ReactionStore,
  type Settlement
} from "../../../bridge/reaction-store/service.ts"
import { makeSignal } from "../../../bridge/signal.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { readAll, setting } from "../../../contracts/setting.ts"
import { count, duration } from "../../../contracts/setting-readers.ts"
import type { Inbox } from "../actor.ts"
import type { Mailbox } from "../mailbox.ts"
import { failureBackoffMs } from "./backoff.ts"
import { awaitInFlight } from "./drain-timeout.ts"
import { makeRestingTargets, type RestingTargets } from "./resting-targets.ts"
import { makeSettler, type Settler } from "./settle-deliveries.ts"

/** The most deliveries in flight that a process can be set to; the mailbox of the actor must have room for them. */
export const maxConcurrency = 1_024

const concurrency = setting(
  "DELIVER_CONCURRENCY",
  count(1, maxConcurrency, "64"),
  64,
  "How many deliveries of rules a process works on at the same time."
)
const targetConcurrency = setting(
  "DELIVER_TARGET_CONCURRENCY",
  count(1, 100_000, "8"),
  8,
  "How many calls all deliverers make to one target at the same time; a rule may set its own limit."
)
const breakerFailures = setting(
  "DELIVER_BREAKER",
  count(1, 1_000_000, "5"),
  5,
  "After so many failed calls in a row nobody calls the target, for 5 seconds at first; then one call is tried."
)
const lease = setting(
  "DELIVER_LEASE",
  duration("seconds", 1_000),
  Duration.seconds(60),
  "After this time another deliverer takes over the deliveries of one that was killed.",
  "60s"
)

/** How long a breaker is open at first, and at most, ms. */
const [openMs, maxOpenMs] = [5_000, 120_000]

/** The longest wait between two claims that find nothing, ms: what other processes make possible is found only by asking. */
const maxWaitMs = 1_000

/** Claims due deliveries. @example `{ receives: deliveries, requires: [reactionStore] }` */
export const deliveries: Inbox<ClaimedDelivery, Settlement, ReactionStore> = {
  describes: "due deliveries of rules, claimed from the store of reactions",
  settings: [concurrency, targetConcurrency, breakerFailures, lease],
  open: Effect.fnUntraced(function* (mailbox) {
    const store = yield* ReactionStore
    const settings = yield* readAll({ concurrency, targetConcurrency, breakerFailures, lease })
    const leaseMs = Duration.toMillis(settings.lease)
    const breaker: BreakerRules = { failures: settings.breakerFailures, openMs, maxOpenMs }
    const { address, outage } = store.dependency
    const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
    const own = outage ?? makeOutage({ name: `The store of reactions at ${address}`, log })
    const held = new Map<string, ClaimedDelivery>()
    const settler = yield* makeSettler(store, breaker, own.operation())
    yield* Effect.forkScoped(renewing(store, held, leaseMs))
    const inFlight = yield* FiberSet.make<void, never>()
    const outOfTime = yield* awaitInFlight(inFlight)
    const claiming: Claiming = {
      ...{ store, mailbox, settler, held, inFlight, outOfTime, leaseMs },
      ...{ holder: crypto.randomUUID(), resting: makeRestingTargets(), freed: makeSignal() },
      ...{ concurrency: settings.concurrency, targetConcurrency: settings.targetConcurrency },
      operation: own.operation({
        isSteady: true,
        meanwhile: "Deliveries wait and are made when it is back."
      }),
      failures: 0
    }
    return Effect.forever(claimOnce(claiming))
  })
}

interface Claiming {
  readonly store: ReactionStore["Service"]
  readonly mailbox: Mailbox<ClaimedDelivery, Settlement>
  readonly settler: Settler
  readonly resting: RestingTargets
  /** By lease: in flight in this process. */
  readonly held: Map<string, ClaimedDelivery>
  readonly inFlight: FiberSet.FiberSet<void, never>
  readonly outOfTime: Effect.Effect<never, Failure>
  readonly operation: ReturnType<ReturnType<typeof makeOutage>["operation"]>
  /** Notified when a delivery has left the process. */
  readonly freed: ReturnType<typeof makeSignal>
  readonly holder: string
  readonly leaseMs: number
  readonly concurrency: number
  readonly targetConcurrency: number
  /** Claims in a row that failed. */
  failures: number
}

/** Claims as many as there is room for, or waits until there is room or something is due. */
const claimOnce = (claiming: Claiming): Effect.Effect<void> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { store, held, freed, resting } = claiming
      const room = claiming.concurrency - held.size
      if (room <= 0) return yield* restore(freed.next())
      const now = yield* Clock.currentTimeMillis
      // Whatever is settled from now on may make room for a target that is full in this claim.
      const freedMeanwhile = freed.next()
      const claimed = yield* Effect.result(
        observed(
          claiming.operation,
          store.claim(claiming.holder, {
            ...{ max: room, leaseMs: claiming.leaseMs, concurrency: claiming.targetConcurrency },
            except: resting.at(now)
          })
        )
      )
      if (Result.isFailure(claimed)) {
        claiming.failures += 1
        return yield* restore(Effect.sleep(failureBackoffMs(claiming.failures)))
      }
      claiming.failures = 0
      for (const one of claimed.success) {
        held.set(one.lease, one)
        yield* FiberSet.run(claiming.inFlight, handle(claiming, one))
      }
      if (claimed.success.length > 0) return
      const waitMs = Math.max(20, Math.min(maxWaitMs, resting.endsIn(now)))
      yield* restore(Effect.raceFirst(store.awaitDue(waitMs), freedMeanwhile))
    })
  )

const handle = (claiming: Claiming, claimed: ClaimedDelivery): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { mailbox, outOfTime, resting, settler } = claiming
    const outcome = yield* Effect.result(Effect.raceFirst(mailbox.deliver(claimed, { events: 1 }), outOfTime))
    if (Result.isSuccess(outcome)) {
      resting.worked(claimed.target)
      return yield* settler.settle(outcome.success, outOfTime)
    }
    const { infrastructure, message } = outcome.failure
    const pauseMs = resting.failed(claimed.target, yield* Clock.currentTimeMillis)
    yield* Effect.logDebug(`delivery released: ${message}`, { delivery: claimed.id })
    const at = (yield* Clock.currentTimeMillis) + pauseMs
    const { id, lease } = claimed
    // A crash counts as an attempt: it may be the fault of the delivery.
    const kind = infrastructure ? "released" : "retry"
    yield* settler.settle({ id, lease, outcome: { kind, at }, health: "unknown" }, outOfTime)
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.logError("A delivery is left in flight until its lease ends.", cause, { delivery: claimed.id })
    ),
    Effect.ensuring(
      Effect.sync(() => {
        claiming.held.delete(claimed.lease)
        claiming.freed.notify()
      })
    )
  )

/** Renews the leases of what is in flight three times within a lease. A lease that is lost is noticed when it is settled. */
const renewing = (
  store: ReactionStore["Service"],
  held: ReadonlyMap<string, ClaimedDelivery>,
  leaseMs: number
): Effect.Effect<never> =>
  Effect.suspend(() => {
    const leases = [...held.values()].map(({ id, lease }) => ({ id, lease }))
    return leases.length === 0 ? Effect.void : Effect.ignore(store.renew(leases, leaseMs))
  }).pipe(Effect.andThen(Effect.sleep(leaseMs / 3)), Effect.forever)
