/**
 * A supervised process of an actor, as in Kubernetes: it is restarted at once when it ends unexpectedly, and with a delay
 * after several quick ends. With `isProbed` it is also killed when its liveness probe fails. Lives from `keepAlive` until
 * `stop`.
 */

import { eventually } from "../support/eventually.ts"
import { freeze, unfreeze } from "../support/freeze.ts"
import { type Environment, launch, launchCommand } from "../support/spoor.ts"

export interface KeptAlive {
  readonly pid: () => number | undefined
  /** Number of kills by the harness, and of unexpected ends. */
  readonly counts: { readonly killed: number; readonly died: number }
  /** The exit code or signal of each unexpected end, with the end of its output. */
  readonly deaths: ReadonlyArray<string>
  /** The output so far, including that of earlier processes. */
  readonly output: () => string
  /** The URL that the current process has printed under this name, such as "health". Throws before that. */
  readonly address: (what: string) => URL
  readonly isUp: () => boolean
  /** Returns when the process has printed that it runs. */
  readonly up: () => Promise<void>
  /** SIGKILL; it is restarted. Returns when the old process has ended. */
  readonly kill: () => Promise<void>
  /** SIGTERM, then a restart: one step of a rolling restart. Returns the exit code. */
  readonly restart: () => Promise<number | null>
  /** SIGSTOP; returns when the process is stopped. `thaw` continues it. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Ends it without a restart. Returns the exit code, null if a signal ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

export interface Keeping {
  /** The command to run in the project's root instead of an actor of ours; it prints the same banner. */
  readonly command?: ReadonlyArray<string> | undefined
  /** Whether it is killed when its liveness probe fails. */
  readonly isProbed?: boolean
}

/** How long a process may take to start beside all others on a busy machine, ms. */
const startTimeoutMs = 180_000

/** Number of failed probes in a row that end a process, and the timeout and interval of probes, ms. Shorter than Kubernetes' defaults. */
const probe = { failures: 3, timeoutMs: 3_000, intervalMs: 1_000 }

/** Starts `actors` in one process and returns at once. */
export const keepAlive = (
  actors: ReadonlyArray<string>,
  settings: Environment,
  { command, isProbed = false }: Keeping = {}
): KeptAlive => {
  const counts = { killed: 0, died: 0 }
  const deaths: Array<string> = []
  let before = ""
  let isSupervised = true
  let isExpected = false
  let quickDeaths = 0
  const begin = (): ReturnType<typeof launch> =>
    command === undefined ? launch(actors, settings) : launchCommand(command, settings)
  let life = begin()
  let began = performance.now()

  const watch = (): void => {
    const mine = life
    void mine.ended.then(async (code) => {
      if (!isSupervised) return
      if (!isExpected) {
        counts.died += 1
        deaths.push(
          `${actors.join("+")} ended with ${code ?? mine.child.signalCode}: ${mine.output().slice(-600)}`
        )
        quickDeaths = performance.now() - began < 5_000 ? quickDeaths + 1 : 0
        await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 250 * quickDeaths)))
      }
      isExpected = false
      if (!isSupervised) return
      before += mine.output()
      life = begin()
      began = performance.now()
      watch()
    })
  }
  watch()

  const address = (what: string): URL => {
    const found = new RegExp(`^ {2}${what}\\s+(\\S+)`, "m").exec(life.output())?.[1]
    if (found === undefined) throw new Error(`${actors.join("+")} has not printed its URL of ${what}`)
    return new URL(found)
  }
  const isUp = (): boolean => isAlive(life.child) && /^ {2}health .*\n/m.test(life.output())
  /** Probes the process until `stop`, and kills it when the probe fails. */
  const probeIt = async (): Promise<void> => {
    let failures = 0
    let probed = life
    while (isSupervised) {
      await new Promise((resolve) => setTimeout(resolve, probe.intervalMs).unref())
      if (probed !== life || !isUp()) {
        failures = 0
        probed = life
        continue
      }
      const answer = fetch(new URL("/health/live", address("health")), {
        signal: AbortSignal.timeout(probe.timeoutMs)
      })
      failures = (await answer.then(({ ok }) => ok).catch(() => false)) ? 0 : failures + 1
      if (failures >= probe.failures && probed === life) probed.child.kill("SIGKILL")
    }
  }
  if (isProbed) void probeIt()

  /** Ends the current process; returns its exit code when the next one has started. */
  const endLife = async (signal: NodeJS.Signals): Promise<number | null> => {
    const mine = life
    isExpected = true
    if (mine.child.pid !== undefined && isAlive(mine.child)) process.kill(mine.child.pid, signal)
    const code = await mine.ended
    while (isSupervised && life === mine) await new Promise((resolve) => setTimeout(resolve, 5))
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
      await eventually(`${actors.join("+")} is up: ${life.output().slice(-2_000)}`, isUp, startTimeoutMs)
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
      isSupervised = false
      if (life.child.pid !== undefined && isAlive(life.child)) process.kill(life.child.pid, signal)
      return life.ended
    }
  }
}

const isAlive = (child: { readonly exitCode: number | null; readonly signalCode: string | null }): boolean =>
  child.exitCode === null && child.signalCode === null
