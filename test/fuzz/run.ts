/**
 * A run of the fuzzer: attacks one gateway for some time over several connections at once, and checks it. All randomness
 * comes from the seed; attack number n is the same in every run with the same seed.
 */
import { makeRandom } from "../faults/random.ts"
import { eventually } from "../support/eventually.ts"
import type { Environment, runtimes } from "../support/spoor.ts"
import type { Attack } from "./attack.ts"
import { attackAt } from "./attacks/all.ts"
import { exchange } from "./exchange.ts"
import { makeTotals } from "./fuzz-result.ts"
import { attackRange, problemOf } from "./oracle.ts"
import { startSlowClients } from "./slow-clients.ts"
import { sourceOf } from "./source.ts"
import { type ReferenceResult, startTarget } from "./target.ts"

export interface FuzzOptions {
  readonly seed: number
  readonly seconds: number
  readonly runtime: keyof typeof runtimes
  /** The number of the first attack. */
  readonly from?: number
  /** More settings of the gateway. */
  readonly settings?: Environment
}

export interface FuzzResult {
  readonly attacks: number
  readonly perSecond: number
  /** The minimum and maximum number of events in the queue by the responses, and the lines found there. */
  readonly min: number
  readonly max: number
  readonly lines: number
  /** The number of attacks whose number of lines is known exactly. */
  readonly exact: number
  readonly reference: ReferenceResult
  /** Responses by status; "none" counts attacks without a response. */
  readonly statuses: Readonly<Record<string, number>>
  /** Resident memory after the warm-up and at the end, MB. */
  readonly memory: readonly [before: number | undefined, after: number | undefined]
  /** Every problem, as a sentence; empty for a good run. */
  readonly problems: ReadonlyArray<string>
}

const connections = 12
/** The share of a run that is warm-up. */
const warmUpShare = 0.4
/** Maximum growth of the gateway's memory after the warm-up, MB. */
const maxGrowthMb = 120
/** Maximum response time of the reference client, milliseconds: two busy cores, with the attacks beside it. */
const maxReferenceMs = 5_000

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
  const problems: Array<string> = []
  const files = target.files()
  const totals = makeTotals()
  let next = from
  let before: number | undefined

  const judge = (
    number: number,
    attack: Attack,
    { responses, ...sent }: Awaited<ReturnType<typeof exchange>>
  ): void => {
    totals.add(number, attack, attackRange(runtime, attack, { responses, ...sent }))
    if (responses.length === 0) count(statuses, "none")
    for (const [index, response] of responses.entries()) {
      count(statuses, String(response.status))
      const problem = problemOf(runtime, attack, response, index)
      if (problem !== undefined) problems.push(`attack ${number} (${attack.name}): ${problem}`)
    }
    if (!attack.mayGoUnanswered && responses.length !== attack.requests?.length) {
      problems.push(`attack ${number} (${attack.name}): ${responses.length} responses`)
    }
  }

  const slow = startSlowClients(target.port)
  const begun = performance.now()
  const attacker = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1000 && target.isAlive()) {
      const number = next++
      const attack = attackAt(random, number)
      judge(number, attack, await exchange(target.port, attack, sourceOf(number)))
      if (performance.now() - begun > seconds * 1000 * warmUpShare) before ??= target.memory()
    }
  }

  try {
    await Promise.all(Array.from({ length: connections }, attacker))
    const took = (performance.now() - begun) / 1000
    if (!target.isAlive()) throw new Error(`The gateway exited:\n${target.output().slice(-2_000)}`)
    const reference = await target.settle()
    const after = target.memory()
    await eventually("slow clients are closed", () => slow.open() === 0, 40_000).catch(() => {
      problems.push(`${slow.open()} slow clients are still connected`)
    })
    problems.push(...slow.problems())
    slow.stop()
    const isClosed = (): boolean => (target.files() ?? 0) <= (files ?? 0) + 4
    await eventually("connections are closed", isClosed, 40_000).catch(() => {
      problems.push(`${files} files were open before, ${target.files()} after`)
    })
    problems.push(...totals.problems(target))
    if (reference.statuses["200"] !== reference.sent)
      problems.push("the reference client got a status other than 200")
    if (reference.stored !== reference.sent)
      problems.push(`the queue has ${reference.stored} of the reference client's ${reference.sent} events`)
    if (reference.slowest > maxReferenceMs)
      problems.push(`the reference client waited ${reference.slowest} ms`)
    if (before !== undefined && after !== undefined && after - before > maxGrowthMb)
      problems.push(`memory grew from ${before.toFixed()} to ${after.toFixed()} MB`)
    problems.push(...target.broken().map((line) => `a line is ${line}`))
    return {
      attacks: next - from,
      perSecond: (next - from) / took,
      ...totals.all(),
      exact: totals.exact(),
      lines: target.lines(),
      reference,
      statuses,
      memory: [before, after],
      problems
    }
  } finally {
    slow.stop()
    await target.stop()
  }
}

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

/** The result as text. */
export const resultText = (result: FuzzResult): string => {
  const { attacks, perSecond, min, max, exact, lines, reference, statuses, memory, problems } = result
  const [before, after] = memory.map((size) => size?.toFixed() ?? "?")
  return [
    `${attacks} attacks, ${perSecond.toFixed()} a second; ${lines} lines in the queue, ${min} acknowledged, at most ${max}; of ${exact} attacks have exactly the acknowledged number`,
    `reference client: ${reference.sent} events, ${JSON.stringify(reference.statuses)}, slowest ${reference.slowest} ms`,
    `memory ${before} MB after the warm-up, ${after} MB at the end; responses ${JSON.stringify(statuses)}`,
    ...problems.slice(0, 40).map((sentence) => `!! ${sentence}`)
  ].join("\n")
}
