/**
 * One transaction on the reactions: the targets that it reads and changes, and what it adds to the lines of the ledger, which
 * are written together at its end. It lives as long as the transaction.
 */
import { claimableAt, followClock, newTarget, type TargetRecord } from "../target-record.ts"
import type { Statements } from "./statements.ts"

/** The counters of a line. */
export type LineKind =
  | "matched"
  | "delivered"
  | "dead"
  | "discarded"
  | "replayed"
  | "suppressed"
  | "waiting"
  | "in flight"

export interface Step {
  readonly run: Statements
  /** ms since 1970. */
  readonly now: number
  /** A target as it is now, to read. */
  readonly read: (name: string) => TargetRecord
  /** A target to change. */
  readonly change: (name: string) => TargetRecord
  readonly count: (rule: string, kind: LineKind, count: number, reason?: string) => void
  /** Writes what was changed since it was called last. `concurrency`: the limit of targets without one of their own, where it is known. */
  readonly finish: (concurrency?: number) => void
}

export const makeStep = (run: Statements, now: number): Step => {
  const targets = new Map<string, TargetRecord>()
  const changed = new Set<string>()
  const lines = new Map<string, Map<string, number>>()

  const read = (name: string): TargetRecord => {
    const known = targets.get(name)
    if (known !== undefined) return known
    const found = targetIn(run.target.get(name)?.state)
    targets.set(name, found)
    return found
  }

  return {
    run,
    now,
    read,
    change: (name) => {
      changed.add(name)
      return read(name)
    },
    count: (rule, kind, count, reason = "") => {
      const line = lines.get(rule) ?? new Map<string, number>()
      lines.set(rule, line)
      const name = `${kind}|${reason}`
      line.set(name, (line.get(name) ?? 0) + count)
    },
    finish: (concurrency) => {
      for (const name of changed) {
        const target = read(name)
        followClock(target, now)
        const next = claimableAt(target, firstDue(run, name, target), concurrency)
        run.setTarget.run(name, next ?? null, now, JSON.stringify(target))
      }
      for (const [rule, line] of lines) {
        for (const [name, count] of line) {
          const bar = name.indexOf("|")
          if (count !== 0) run.count.run(rule, name.slice(0, bar), name.slice(bar + 1), count)
        }
      }
      changed.clear()
      lines.clear()
    }
  }
}

export const targetIn = (state: unknown): TargetRecord =>
  typeof state === "string" ? { ...newTarget(), ...JSON.parse(state) } : newTarget()

/** When the first waiting delivery of a target is due; 0 for one that a resume made due. */
const firstDue = (run: Statements, name: string, { waiting, round }: TargetRecord): number | undefined => {
  const first = waiting === 0 ? undefined : run.first.get(name)
  if (first === undefined) return undefined
  return Number(first.round) < round ? 0 : Number(first.due)
}

/** A time as SQLite stores it: a whole number. */
export const wholeTime = (time: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(time)))
