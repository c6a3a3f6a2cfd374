/**
 * SIGHUP: reloads what the process can reload (bridge/reload.ts); a process that can reload nothing drains, as at SIGTERM.
 * It never ends the process at once. Listens from the start of the process until its scope closes.
 */
import { readFileSync } from "node:fs"
import { Cause, Effect, Queue } from "effect"
import { countReload, type Reloadable, Reloadables } from "../../bridge/reload.ts"
import { processExitOf } from "./exit-code.ts"
import { reloadNow } from "./reload.ts"
import { thisWorker } from "./workers/worker.ts"

/**
 * Starts to listen. The returned effect handles each SIGHUP since then; it succeeds with the signal when the process should
 * drain. A worker leaves that decision to its supervisor, and a process started by `nohup` goes on.
 */
export const listenForHangUps = Effect.gen(function* () {
  const isNohup = ignoresHangUps()
  const hangUps = yield* Queue.sliding<"SIGHUP">(1)
  yield* listenWith(() => Queue.offerUnsafe(hangUps, "SIGHUP"))
  const all = yield* Reloadables
  const next = Effect.gen(function* () {
    const signal = yield* Queue.take(hangUps)
    if (all.size > 0) yield* Effect.forEach(all, reloadOne, { discard: true })
    else if (isNohup) yield* Effect.logInfo("SIGHUP: nothing to reload; the process goes on, as nohup asks.")
    else if (thisWorker === undefined) return signal
    return undefined
  })
  return Effect.gen(function* () {
    while (true) {
      const signal = yield* next
      if (signal !== undefined) return signal
    }
  })
})

/** Calls `onHangUp` for each SIGHUP until the scope closes. */
export const listenWith = (onHangUp: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => process.on("SIGHUP", onHangUp)),
    () => Effect.sync(() => process.off("SIGHUP", onHangUp))
  )

const reloadOne = Effect.fnUntraced(function* (value: Reloadable) {
  const { setting } = value
  const hasChanged = yield* reloadNow(value).pipe(
    Effect.tap(() => countReload(setting, "loaded")),
    Effect.catchCause((cause) =>
      Effect.gen(function* () {
        yield* countReload(setting, "refused")
        const { sentence } = processExitOf(cause)
        yield* Effect.logWarning(`SIGHUP: ${setting} keeps its old value: ${sentence}`)
        if (Cause.hasInterruptsOnly(cause)) return yield* Effect.failCause(cause as Cause.Cause<never>)
        return undefined
      })
    )
  )
  if (hasChanged === undefined) return
  yield* Effect.logInfo(`SIGHUP: ${setting} ${hasChanged ? "has been reloaded" : "has not changed"}.`)
})

/** The bit of SIGHUP, signal 1, in Linux's mask of ignored signals. */
const hangUpBit = 1n

/** Whether SIGHUP was ignored when the process started, which is how `nohup` works. Known on Linux only. */
const ignoresHangUps = (): boolean => {
  try {
    const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? []
    return (BigInt(`0x${mask}`) & hangUpBit) !== 0n
  } catch {
    return false
  }
}
