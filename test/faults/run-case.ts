/** Runs one case, from the start of its world to the end, and returns the result. Never fails: errors are in the result. */
import { eventually } from "../support/eventually.ts"
import { countRecords, readTopic } from "../support/kcat.ts"
import type { FaultCase } from "./case.ts"
import type { Account } from "./case-result.ts"
import type { CounterCommand } from "./counters.ts"
import type { EnricherCommands } from "./enrichers.ts"
import type { KafkaPool } from "./kafka-pool.ts"
import { ledgerProblems } from "./ledger.ts"
import { judge } from "./oracle.ts"
import { makeRandom } from "./random.ts"
import { reactionsProof } from "./reactions/oracle.ts"
import { makeWorld, type World } from "./world.ts"

export interface RunOptions {
  readonly pool: KafkaPool
  /** The seed of the case's random choices. */
  readonly seed: number
  /** Number of events to be acknowledged, and events sent per second. */
  readonly events: number
  readonly rate: number
  readonly moments: number
  readonly patience: Patience
  /** Ours by default. */
  readonly enricher?: EnricherCommands
  /** The event counter of the world; ours by default. */
  readonly counter?: CounterCommand
}

/** Time limits, milliseconds. */
export interface Patience {
  readonly recovery: number
  readonly drain: number
  readonly fresh: number
  /** For the last delivery of a rule to be delivered or dead: retries may be due much later. */
  readonly deliveries: number
  /** Number and interval of the polls without a change before the result is checked. */
  readonly plateau: { readonly polls: number; readonly pause: number }
}

export const fullPatience: Patience = {
  recovery: 180_000,
  drain: 120_000,
  fresh: 10_000,
  deliveries: 1_800_000,
  plateau: { polls: 5, pause: 3_000 }
}

/** For short runs: waits less for late records. */
export const shortPatience: Patience = {
  ...fullPatience,
  deliveries: 90_000,
  plateau: { polls: 3, pause: 300 }
}

export interface CaseResult {
  readonly number: string
  readonly name: string
  readonly seed: number
  readonly passed: boolean
  readonly seconds: number
  readonly proof: string
  readonly account: Account | undefined
  readonly problems: ReadonlyArray<string>
}

export const runCase = async (one: FaultCase, options: RunOptions): Promise<CaseResult> => {
  const began = performance.now()
  const { enricher, counter } = options
  const others = [
    ...(enricher?.label === undefined ? [] : [`enricher: ${enricher.label}`]),
    ...(counter?.label === undefined ? [] : [`counter: ${counter.label}`])
  ]
  const result = (
    problems: ReadonlyArray<string>,
    proof: string,
    account: Account | undefined
  ): CaseResult => ({
    number: one.number,
    name: others.length === 0 ? one.name : `${one.name} (${others.join(", ")})`,
    seed: options.seed,
    passed: problems.length === 0,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    proof,
    account,
    problems
  })
  let world: World | undefined
  try {
    world = await makeWorld({
      requires: one.requires ?? {},
      pool: options.pool,
      moments: options.moments,
      rate: options.rate,
      events: options.events,
      isShort: options.patience === shortPatience,
      ...(enricher === undefined ? {} : { enricher }),
      ...(counter === undefined ? {} : { counter })
    })
    const { account, proof } = await live(one, world, options)
    return result(account.problems, proof, account)
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? ` (${String(error.cause)})` : ""
    return result([`${String(error)}${cause}${await hints(world)}`], "", undefined)
  } finally {
    await world?.end()
  }
}

const live = async (
  one: FaultCase,
  world: World,
  { seed, events, patience }: RunOptions
): Promise<{ readonly account: Account; readonly proof: string }> => {
  const { load, queue } = world
  load.start()
  await eventually("the first events are stored", async () => {
    if (load.sent.count("acknowledged") < Math.min(500, events / 10)) return false
    return (await countRecords(world.brokers, world.topic, partitions)) > 0
  })
  const struck = await one.fault(world, makeRandom(seed).fork(one.number))
  const ended = performance.now()
  const recovered = recovery(world, patience.recovery)
  // A failure is reported below, after the load has ended.
  recovered.catch(() => undefined)
  await eventually(
    "enough events are acknowledged",
    () => load.sent.count("acknowledged") >= events,
    patience.recovery + (events / load.rate) * 3_000
  )
  await load.stop()
  const seconds = Math.round(((await recovered) - ended) / 100) / 10
  await queue.drained(patience.drain)
  await settled(world, patience)
  await passesFresh(world, patience.fresh)
  await queue.drained(patience.drain)
  const reactions = await afterReactions(world, patience)
  const judged = await untilCounted(patience.drain, () => judge(world, one.expects ?? {}, seconds))
  const later = await one.afterwards?.(world, judged)
  const ledger = await ledgerProblems(world, judged)
  return {
    account: { ...judged, problems: [...judged.problems, ...ledger] },
    proof: [struck, later, reactions].filter((proof) => proof !== undefined).join("; ")
  }
}

/** Waits until all deliveries have ended and the events that they caused are stored. */
const afterReactions = async (world: World, patience: Patience): Promise<string | undefined> => {
  if (world.reactions === undefined) return undefined
  const proof = await reactionsProof(world, patience.deliveries)
  await world.queue.drained(patience.drain)
  await settled(world, patience)
  return proof
}

const partitions = 3

/**
 * Waits until the effects of the fault are gone, and returns that time: no batch claimed at the end of the fault is still
 * claimed, and the waiting lines are at most those of half a second.
 */
const recovery = async (world: World, within: number): Promise<number> => {
  const left = await eventually(
    "Redis responds after the fault",
    async () => new Set(await world.queue.claimed()),
    within
  )
  await eventually(
    "the effects of the fault are gone",
    async () => {
      const [claimed, depth] = await Promise.all([world.queue.claimed(), world.queue.depth()])
      return depth.waiting <= world.load.rate / 2 && !claimed.some((batch) => left.has(batch))
    },
    within
  )
  return performance.now()
}

/** Returns when Kafka has received no record for a while. */
const settled = async (world: World, { plateau, drain }: Patience): Promise<void> => {
  let before = -1
  let quiet = 0
  const end = performance.now() + drain
  while (quiet < plateau.polls) {
    if (performance.now() > end) throw new Error(`Kafka still grows ${drain} ms after the queue was empty.`)
    const topics = [world.topic, world.otherTopic]
    const counts = await Promise.all(topics.map((topic) => countRecords(world.brokers, topic, partitions)))
    const now = counts.reduce((sum, count) => sum + count, 0)
    quiet = now === before ? quiet + 1 : 0
    before = now
    await new Promise((resolve) => setTimeout(resolve, plateau.pause))
  }
}

/** Sends one more event and waits until it is stored. */
const passesFresh = async (world: World, within: number): Promise<void> => {
  await eventually(
    "a new event, sent after the fault, is in Kafka",
    async () => {
      const n = await world.load.sendOne()
      if (n === undefined) return false
      const sign = `id=${n}&`
      return eventually("it is there", async () => {
        const last = await readTopic(world.brokers, world.topic, "-o", "-50")
        return last.some(({ value }) => value.includes(sign))
      })
    },
    within
  )
}

/** Consumers may lag: repeats the check until no promise is broken, or until nothing changes any more. */
const untilCounted = async (within: number, look: () => Promise<Account>): Promise<Account> => {
  const end = performance.now() + Math.min(within, 30_000)
  for (;;) {
    const account = await look()
    if (account.problems.length === 0 || performance.now() > end) return account
    if (!account.problems.every((problem) => problem.includes("do not count each event once"))) return account
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** The last output of the actors, to find the cause of a failure. */
const hints = async (world: World | undefined): Promise<string> => {
  if (world === undefined) return ""
  const depth = await world.queue.depth().catch(() => undefined)
  const said = world
    .groups()
    .map((group) => `\n--- ${group.name}: ${group.output().trimEnd().split("\n").slice(-3).join("\n")}`)
  return `\nqueue ${JSON.stringify(depth)}${said.join("")}`
}
