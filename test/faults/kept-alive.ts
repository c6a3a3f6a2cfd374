/**
 * An actor's process that is kept alive as Kubernetes would: when it ends without having been asked to, it is started
 * again at once, and after several quick deaths a little later. Lives from `keepAlive` until `stop`.
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

/** Starts `actors` in one process and returns at once. */
export const keepAlive = (actors: ReadonlyArray<string>, settings: Environment): KeptAlive => {
  const counts = { killed: 0, died: 0 }
  const deaths: Array<string> = []
  let before = ""
  let isWanted = true
  let isExpected = false
  let quickDeaths = 0
  let life = launch(actors, settings)
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
      life = launch(actors, settings)
      began = performance.now()
      watch()
    })
  }
  watch()

  const isUp = (): boolean => isAlive(life.child) && /^ {2}health .*\n/m.test(life.output())
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
    address: (what) => {
      const found = new RegExp(`^ {2}${what}\\s+(\\S+)`, "m").exec(life.output())?.[1]
      if (found === undefined) throw new Error(`${actors.join("+")} has not said where its ${what} is`)
      return new URL(found)
    },
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
