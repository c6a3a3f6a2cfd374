/**
 * What a case of the fault matrix is. Write one file per case in cases/, named `<number>-<what>.ts`, with
 *
 *     export default faultCase({ number: "19", name: "NATS killed and started again", fault: async (world) => { … } })
 *
 * and it is found by itself. What happens around `fault`:
 * 1. A world is made as `requires` says (needs.ts): own Redis and NATS, Kafka, actors as processes, proxies.
 * 2. Load begins. When the first events are stored, `fault` is called; the load goes on meanwhile.
 * 3. `fault` hurts the world, repairs it again, and returns its proof: a sentence with numbers that could not be said
 *    had the fault not happened. It throws (`prove`) when it did not. What is known only at the end of the case is
 *    proved in `afterwards`, which gets the judge's account.
 * 4. The load goes on until enough events are acknowledged; then everything must drain and be right by itself
 *    (oracle.ts): nothing lost, nothing invented, bytes equal, each event once in the projections, dead letters only
 *    where `expects` allows, a fresh event passes, Redis is left empty, the ledger balances, no actor ended by itself.
 *
 * Means for `fault`, all of the world:
 * - `world.actor("drainer")`: `kill()` `freeze()` `thaw()` `restart()`; it is started again by itself, as Kubernetes
 *   would. `world.group("enricher").scale(0)` and back. `output()` is what they logged.
 * - `world.redis`, `world.nats`, `world.kafka[0]`: `kill()` `start()` `pause()` `resume()`.
 * - `world.proxy("redis")` if `requires.through` names who goes that way: `cut()` `refuse()` `freeze()` `delay()`
 *   `cutReplyTo(…)` and more (tcp-proxy.ts).
 * - `world.passLeases()` after a fault that leaves batches with their owner gone: in short runs 30 s need not pass.
 * - `world.queue`: what stands in Redis; `.redis` for commands of your own. `world.load`: what clients were told so far;
 *   `load.push` for lines of your own, also such as must die.
 * - `atRandomMoments(world, random, strike)` strikes `world.moments` times; `eventually(what, look)` waits for a fact;
 *   `pause(ms)` is for the length of an outage, never for hoping.
 */
import type { Account } from "./case-result.ts"
import type { Random } from "./random.ts"
import type { Requirements } from "./requirements.ts"
import type { World } from "./world.ts"

export { eventually } from "../support/eventually.ts"

/** A sentence with numbers that shows that the fault happened. */
export type Proof = string

export interface Expectations {
  /** What clients may be told beside "200" (a status, "reset", "refused" or "silent"). None by default. */
  readonly answers?: ReadonlyArray<string>
  /** No client waits longer for any answer, milliseconds. */
  readonly answersWithin?: number
  /**
   * Dead letters that are allowed beside those of lines pushed with `dead` (which must be there, with that reason):
   * none by default, else the reasons that may occur.
   */
  readonly dead?: ReadonlyArray<string>
  /** At most so many records more than events in Kafka; any number by default. 0: the fault must not cause duplicates. */
  readonly duplicates?: number
  /** Actors that may end by themselves. None by default. */
  readonly mayDie?: ReadonlyArray<string>
  /** A client that got no 200 may have been pushed twice (a push whose answer was lost). Not by default. */
  readonly twins?: boolean
}

export interface FaultCase {
  /** The row of the matrix in reliability.md; the "also" line has names such as "clock". */
  readonly number: string
  /** What is done, in a few words, for the table. */
  readonly name: string
  /** Also in `npm test`, with little load; it must end within some 15 seconds. */
  readonly short?: boolean
  readonly requires?: Requirements
  readonly expects?: Expectations
  readonly fault: (world: World, random: Random) => Promise<Proof>
  /** A further proof, of the whole account and the world at the end, or more checks; throws when it does not hold. */
  readonly afterwards?: (world: World, account: Account) => Proof | Promise<Proof>
}

/** A case that cannot run here, and why. */
export interface NotHere {
  readonly number: string
  readonly name: string
  readonly reason: string
}

export const faultCase = (one: FaultCase): FaultCase => one

/** Fails the case with the sentence when that is not so. */
export const prove = (isSo: boolean, sentence: string): void => {
  if (!isSo) throw new Error(`Not proved: ${sentence}`)
}

/** The length of an outage, milliseconds. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Strikes `world.moments` times, each after a random while between `least` and `most` milliseconds. */
export const atRandomMoments = async (
  world: World,
  random: Random,
  strike: (round: number) => Promise<void>,
  { least = 100, most = 1_500 }: { readonly least?: number; readonly most?: number } = {}
): Promise<void> => {
  for (let round = 0; round < world.moments; round++) {
    await pause(random.whole(least, most))
    await strike(round)
  }
}
