/**
 * A case of the fault matrix. Write one file per case in cases/, named `<number>-<what>.ts`, with
 *
 *     export default faultCase({ number: "19", name: "NATS killed and started again", fault: async (world) => { … } })
 *
 * and the harness finds it. The steps of a case:
 * 1. A world is created as `requires` defines (requirements.ts): its own Redis and NATS, Kafka, actors as processes, proxies.
 * 2. Load begins. When the first events are stored, `fault` is called; the load continues meanwhile.
 * 3. `fault` breaks a system, repairs it, and returns its proof: a sentence with figures that only the fault can produce.
 *    It throws (`prove`) if the fault did not happen. Facts known only at the end of the case are proved in `afterwards`,
 *    which gets the case result.
 * 4. The load continues until enough events are acknowledged; then everything must drain without help and be correct
 *    (oracle.ts): nothing lost, nothing invented, bytes equal, each event once in the projections, dead letters only
 *    where `expects` allows, a new event is stored, Redis is left empty, the ledger balances, no actor ended unexpectedly.
 *
 * Tools for `fault`, all in the world:
 * - `world.actor("drainer")`: `kill()` `freeze()` `thaw()` `restart()`; it is restarted automatically, as by Kubernetes.
 *   `world.group("enricher").scale(0)` and back. `output()` returns the logs.
 * - `world.redis`, `world.nats`, `world.kafka[0]`: `kill()` `start()` `pause()` `resume()`.
 * - `world.proxy("redis")` if `requires.through` names the actors behind it: `cut()` `refuse()` `freeze()` `delay()`
 *   `cutReplyTo(…)` and more (tcp-proxy.ts).
 * - `world.passLeases()` after a fault that leaves batches without their owner: in short runs it saves 30 s.
 * - `world.queue`: the contents of Redis; `.redis` for other commands. `world.load`: the responses to clients so far;
 *   `load.push` for additional lines, also for lines that must be dead-lettered.
 * - `atRandomMoments(world, random, strike)` calls `strike` `world.moments` times; `eventually(what, check)` waits for a
 *   fact; `pause(ms)` is for the duration of an outage only.
 */
import type { Account } from "./case-result.ts"
import type { Random } from "./random.ts"
import type { Requirements } from "./requirements.ts"
import type { World } from "./world.ts"

export { eventually } from "../support/eventually.ts"

/** A sentence with figures that shows that the fault happened. */
export type Proof = string

export interface Expectations {
  /** Responses that clients may get besides "200" (a status, "reset", "refused" or "silent"). None by default. */
  readonly answers?: ReadonlyArray<string>
  /** Maximum response time of any request, milliseconds. */
  readonly answersWithin?: number
  /**
   * Allowed reasons of dead letters, besides those of lines pushed with `dead` (which must exist, with that reason): none
   * by default.
   */
  readonly dead?: ReadonlyArray<string>
  /** Maximum number of duplicate records in Kafka; unlimited by default. 0: the fault must not cause duplicates. */
  readonly duplicates?: number
  /** Actors that may end unexpectedly. None by default. */
  readonly mayDie?: ReadonlyArray<string>
  /** Allows an event under two event ids: a push whose response was lost may have been repeated. Not by default. */
  readonly twins?: boolean
}

export interface FaultCase {
  /** The number of the case, or a name such as "clock". */
  readonly number: string
  /** The fault in a few words, for the table. */
  readonly name: string
  /** Also in `npm test`, with little load; it must end within some 15 seconds. */
  readonly short?: boolean
  readonly requires?: Requirements
  readonly expects?: Expectations
  readonly fault: (world: World, random: Random) => Promise<Proof>
  /** Another proof from the case result and the world at the end, or more checks; throws when a check fails. */
  readonly afterwards?: (world: World, account: Account) => Proof | Promise<Proof>
}

/** A case that cannot run here, and why. */
export interface NotHere {
  readonly number: string
  readonly name: string
  readonly reason: string
}

export const faultCase = (one: FaultCase): FaultCase => one

/** Fails the case with the sentence, which states the failure, unless `isSo`. */
export const prove = (isSo: boolean, sentence: string): void => {
  if (!isSo) throw new Error(`Not proved: ${sentence}`)
}

/** Waits for the duration of an outage, milliseconds. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Calls `strike` `world.moments` times, each after a random delay of `minDelayMs` to `maxDelayMs`. */
export const atRandomMoments = async (
  world: World,
  random: Random,
  strike: (round: number) => Promise<void>,
  {
    minDelayMs = 100,
    maxDelayMs = 1_500
  }: { readonly minDelayMs?: number; readonly maxDelayMs?: number } = {}
): Promise<void> => {
  for (let round = 0; round < world.moments; round++) {
    await pause(random.whole(minDelayMs, maxDelayMs))
    await strike(round)
  }
}
