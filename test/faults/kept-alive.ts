/**
 * An actor's process that is kept alive as Kubernetes would: when it ends without having been asked to, it is started
 * again at once, and after several quick deaths a little later. If it is probed, it is also killed when it no longer
 * answers that it lives. Lives from `keepAlive` until `stop`.
 */

import { eventually } from "../support/eventually.ts"
import { freeze, unfreeze } from "../support/freeze.ts"
import { type Environment, launch } from "../support/spoor.ts"

export interface KeptAlive {
  readonly pid: () => number | undefined
  /** How often it was killed from here, and how often it ended by itself. */
  readonly counts: { readonly killed: number; readonly died: number }
  /** The exit codes (or undefined, of a signal) of those who ended by themselves, and the last they said. */
  readonly deaths: ReadonlyArray<string>
  /** Everything printed so far, by all its lives. */
  readonly output: () => string
  /** Where it said that something of its present life can be reached: "health". Throws until it has. */
  readonly address: (what: string) => URL
  readonly isUp: () => boolean
  /** Returns when it says that it runs. */
  readonly up: () => Promise<void>
  /** SIGKILL; it is started again. Returns when the process is gone. */
  readonly kill: () => Promise<void>
  /** SIGTERM, and it is started again when it has ended: one step of a rolling restart. Its exit code. */
  readonly restart: () => Promise<number | null>
  /** SIGSTOP; returns when nothing of it runs. `thaw` lets it go on. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Ends it for good; its exit code, null when a signal ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

export interface Keeping {
  /** The file to run instead of actors/commands/actor.ts, seen from the project's root. */
  readonly file?: string | undefined
  /** Is it killed when it no longer answers that it lives? */
  readonly isProbed?: boolean
}

/** So many probes in a row without an answer in time end a process; milliseconds. Kubernetes waits longer by default. */
const probe = { failures: 3, patience: 3_000, period: 1_000 }

/** Starts `actors` in one process and returns at once. */
export const keepAlive = (
  actors: ReadonlyArray<string>,
  settings: Environment,
  { file, isProbed = false }: Keeping = {}
): KeptAlive => {
  const counts = { killed: 0, died: 0 }
  const deaths: Array<string> = []
  let before = ""
  let isWanted = true
  let isExpected = false
  let quickDeaths = 0
  const begin = (): ReturnType<typeof launch> => launch(actors, settings, "bun", file)
  let life = begin()
  let began = performance.now()

  const watch = (): void => {
    const mine = life
    void mine.ended.then(async (code) => {
      if (!isWanted) return
      if (!isExpected) {
        counts.died += 1
        deaths.push(
          `${actors.join("+")} ended with ${code ?? mine.child.signalCode}: ${mine.output().slice(-600)}`
        )
        quickDeaths = performance.now() - began < 5_000 ? quickDeaths + 1 : 0
        await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 250 * quickDeaths)))
      }
      isExpected = false
      if (!isWanted) return
      before += mine.output()
      life = begin()
      began = performance.now()
      watch()
    })
  }
  watch()

  const address = (what: string): URL => {
    const found = new RegExp(`^ {2}${what}\\s+(\\S+)`, "m").exec(life.output())?.[1]
    if (found === undefined) throw new Error(`${actors.join("+")} has not said where its ${what} is`)
    return new URL(found)
  }
  const isUp = (): boolean => isAlive(life.child) && /^ {2}health .*\n/m.test(life.output())
  /** Asks for ever whether it lives, and kills what does not say so. */
  const probeIt = async (): Promise<void> => {
    let failures = 0
    let probed = life
    while (isWanted) {
      await new Promise((resolve) => setTimeout(resolve, probe.period).unref())
      if (probed !== life || !isUp()) {
        failures = 0
        probed = life
        continue
      }
      const answer = fetch(new URL("/health/live", address("health")), {
        signal: AbortSignal.timeout(probe.patience)
      })
      failures = (await answer.then(({ ok }) => ok).catch(() => false)) ? 0 : failures + 1
      if (failures >= probe.failures && probed === life) probed.child.kill("SIGKILL")
    }
  }
  if (isProbed) void probeIt()

  /** Ends the present life; returns how, when the next one has begun. */
  const endLife = async (signal: NodeJS.Signals): Promise<number | null> => {
    const mine = life
    isExpected = true
    if (mine.child.pid !== undefined && isAlive(mine.child)) process.kill(mine.child.pid, signal)
    const code = await mine.ended
    while (isWanted && life === mine) await new Promise((resolve) => setTimeout(resolve, 5))
    return code
  }

  return {
    pid: () => life.child.pid,
    counts,
    deaths,
    output: () => before + life.output(),
    address,
    isUp,
    up: async () => {
      await eventually(`${actors.join("+")} is up: ${life.output().slice(-2_000)}`, isUp, 60_000)
    },
    kill: async () => {
      counts.killed += 1
      await endLife("SIGKILL")
    },
    restart: () => endLife("SIGTERM"),
    freeze: () => {
      if (life.child.pid !== undefined && isAlive(life.child)) freeze(life.child.pid)
    },
    thaw: () => {
      if (life.child.pid !== undefined && isAlive(life.child)) unfreeze(life.child.pid)
    },
    stop: async (signal = "SIGTERM") => {
      isWanted = false
      if (life.child.pid !== undefined && isAlive(life.child)) process.kill(life.child.pid, signal)
      return life.ended
    }
  }
}

const isAlive = (child: { readonly exitCode: number | null; readonly signalCode: string | null }): boolean =>
  child.exitCode === null && child.signalCode === null
