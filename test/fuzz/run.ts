/**
 * A run of the fuzzer: attacks one gateway for so long, from several connections at once, and judges it. What it draws
 * comes from the seed; attack number n is the same in every run with the same seed.
 */
import { makeRandom } from "../faults/random.ts"
import { eventually } from "../support/eventually.ts"
import type { Environment, runtimes } from "../support/spoor.ts"
import type { Attack } from "./attack.ts"
import { attackAt } from "./attacks/all.ts"
import { exchange } from "./exchange.ts"
import { makeAccount } from "./fuzz-result.ts"
import { rangeIn, wrongIn } from "./judge.ts"
import { startSlow } from "./slow.ts"
import { sourceOf } from "./source.ts"
import { type Neighbour, startTarget } from "./target.ts"

export interface FuzzOptions {
  readonly seed: number
  readonly seconds: number
  readonly runtime: keyof typeof runtimes
  /** The first attack of the row. */
  readonly from?: number
  /** More settings of the gateway. */
  readonly settings?: Environment
}

export interface FuzzResult {
  readonly attacks: number
  readonly perSecond: number
  /** Events that are in the queue for sure, and at most, of what the answers say; and how many were. */
  readonly least: number
  readonly most: number
  readonly lines: number
  /** Attacks of which it is known exactly how many lines they must have become. */
  readonly exact: number
  readonly neighbour: Neighbour
  /** Answers by status; "none" counts attacks without any. */
  readonly statuses: Readonly<Record<string, number>>
  /** Resident memory in MB after the warm-up and at the end. */
  readonly memory: readonly [before: number | undefined, after: number | undefined]
  /** Everything that must not be, in words; empty for a good run. */
  readonly wrong: ReadonlyArray<string>
}

const connections = 12
/** How much of a run is warm-up. */
const warmUp = 0.4
/** What the gateway's memory may grow by after its warm-up, MB. */
const growth = 120
/** How long the well-behaved client may wait for an answer, milliseconds: two busy cores, and the attacks beside it. */
const bearable = 5_000

/** Undefined where redis-server is not installed. */
export const runFuzz = async ({
  seed,
  seconds,
  runtime,
  from = 0,
  settings = {}
}: FuzzOptions): Promise<FuzzResult | undefined> => {
  const target = await startTarget(runtime, settings)
  if (target === undefined) return undefined
  const random = makeRandom(seed)
  const statuses: Record<string, number> = {}
  const wrong: Array<string> = []
  const files = target.files()
  const account = makeAccount()
  let next = from
  let before: number | undefined

  const judge = (
    number: number,
    attack: Attack,
    { answers, ...sent }: Awaited<ReturnType<typeof exchange>>
  ): void => {
    account.add(number, attack, rangeIn(runtime, attack, { answers, ...sent }))
    if (answers.length === 0) count(statuses, "none")
    for (const [index, answer] of answers.entries()) {
      count(statuses, String(answer.status))
      const problem = wrongIn(runtime, attack, answer, index)
      if (problem !== undefined) wrong.push(`attack ${number} (${attack.name}): ${problem}`)
    }
    if (!attack.mayBeLeft && answers.length !== attack.asked?.length) {
      wrong.push(`attack ${number} (${attack.name}): ${answers.length} answers`)
    }
  }

  const slow = startSlow(target.port)
  const begun = performance.now()
  const attacker = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1000 && target.isAlive()) {
      const number = next++
      const attack = attackAt(random, number)
      judge(number, attack, await exchange(target.port, attack, sourceOf(number)))
      if (performance.now() - begun > seconds * 1000 * warmUp) before ??= target.memory()
    }
  }

  try {
    await Promise.all(Array.from({ length: connections }, attacker))
    const took = (performance.now() - begun) / 1000
    if (!target.isAlive()) throw new Error(`The gateway ended:\n${target.output().slice(-2_000)}`)
    const neighbour = await target.settle()
    const after = target.memory()
    await eventually("slow clients are closed", () => slow.open() === 0, 40_000).catch(() => {
      wrong.push(`${slow.open()} clients that never finish are still there`)
    })
    wrong.push(...slow.wrong())
    slow.stop()
    const isClosed = (): boolean => (target.files() ?? 0) <= (files ?? 0) + 4
    await eventually("connections are closed", isClosed, 40_000).catch(() => {
      wrong.push(`${files} files were open before, ${target.files()} after`)
    })
    wrong.push(...account.problems(target))
    if (neighbour.statuses["200"] !== neighbour.sent)
      wrong.push("the well-behaved client was told something else than 200")
    if (neighbour.stored !== neighbour.sent)
      wrong.push(`${neighbour.stored} of the well-behaved client's ${neighbour.sent} events`)
    if (neighbour.slowest > bearable) wrong.push(`the well-behaved client waited ${neighbour.slowest} ms`)
    if (before !== undefined && after !== undefined && after - before > growth)
      wrong.push(`memory grew from ${before.toFixed()} to ${after.toFixed()} MB`)
    wrong.push(...target.broken().map((line) => `a line is ${line}`))
    return {
      attacks: next - from,
      perSecond: (next - from) / took,
      ...account.all(),
      exact: account.exact(),
      lines: target.lines(),
      neighbour,
      statuses,
      memory: [before, after],
      wrong
    }
  } finally {
    slow.stop()
    await target.stop()
  }
}

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

/** The result in some lines, for people. */
export const told = (result: FuzzResult): string => {
  const { attacks, perSecond, least, most, exact, lines, neighbour, statuses, memory, wrong } = result
  const [before, after] = memory.map((size) => size?.toFixed() ?? "?")
  return [
    `${attacks} attacks, ${perSecond.toFixed()} a second; ${lines} lines in the queue, ${least} acknowledged, at most ${most}; of ${exact} attacks exactly as many as were acknowledged`,
    `well-behaved client: ${neighbour.sent} events, ${JSON.stringify(neighbour.statuses)}, slowest ${neighbour.slowest} ms`,
    `memory ${before} MB after the warm-up, ${after} MB at the end; answers ${JSON.stringify(statuses)}`,
    ...wrong.slice(0, 40).map((sentence) => `!! ${sentence}`)
  ].join("\n")
}
