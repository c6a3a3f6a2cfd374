/**
 * Many requests share one push: lines that arrive together go to the queue in one command, and each caller's promise
 * settles with the push that carried its line. Lives as long as the gateway; `drain` when it stops.
 */
import type { ByteString } from "../contracts/event.ts"
import { Failure } from "../contracts/failure.ts"

export interface PushLimits {
  /** Lines in one push. */
  readonly batchLines: number
  /** Full batches may be pushed side by side, up to so many. */
  readonly pushes: number
  /** Lines that wait or are being pushed; one more is refused. */
  readonly pendingLines: number
  /** The same in bytes. */
  readonly pendingBytes: number
}

export const standardPushLimits: PushLimits = {
  batchLines: 256,
  pushes: 4,
  pendingLines: 20_000,
  pendingBytes: 16 * 1024 * 1024
}

export interface PushBatch {
  /** Resolves when the queue has the line. Rejects with what the push failed with, or `Failure` "busy" at once when full. */
  readonly add: (line: ByteString) => Promise<void>
  /** What has been added and not settled yet. */
  readonly pending: () => { readonly lines: number; readonly bytes: number }
  /** Resolves when nothing is pending. Does not refuse new lines: stop what adds them first. */
  readonly drain: () => Promise<void>
}

interface Batch {
  readonly lines: Array<ByteString>
  bytes: number
  readonly settled: Promise<void>
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

/**
 * Collects lines for `push`, which appends all or none. While nothing is being pushed, a line leaves at the end of
 * the present turn of the event loop; else with the others when a push returns or when its batch is full. When a push
 * fails because the queue is away, the lines that wait fail with it, so that nobody waits for several pushes in turn.
 */
export const pushBatch = (
  push: (lines: ReadonlyArray<ByteString>) => Promise<void>,
  limits: PushLimits = standardPushLimits
): PushBatch => {
  const full = new Failure({ reason: "busy", message: "as many lines are pending as may be" })
  const waiting: Array<Batch> = []
  let pendingLines = 0
  let pendingBytes = 0
  let pushes = 0
  let scheduled = false
  let idle: Array<() => void> = []

  const forget = (batch: Batch): void => {
    pendingLines -= batch.lines.length
    pendingBytes -= batch.bytes
  }

  const settle = (batch: Batch): void => {
    pushes -= 1
    forget(batch)
    send()
    if (pendingLines > 0) return
    for (const resolve of idle) resolve()
    idle = []
  }

  const succeed = (batch: Batch): void => {
    settle(batch)
    batch.resolve()
  }

  const fail = (batch: Batch, cause: unknown): void => {
    refuseWaiting(cause)
    settle(batch)
    batch.reject(cause)
  }

  const refuseWaiting = (cause: unknown): void => {
    if (!(cause instanceof Failure) || !cause.retry) return
    for (const other of waiting.splice(0)) {
      forget(other)
      other.reject(cause)
    }
  }

  const send = (): void => {
    while (pushes < limits.pushes) {
      const next = waiting.shift()
      if (next === undefined) return
      pushes += 1
      Promise.resolve(next.lines)
        .then(push)
        .then(
          () => succeed(next),
          (cause: unknown) => fail(next, cause)
        )
    }
  }

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      send()
    })
  }

  const collecting = (): Batch => {
    const last = waiting[waiting.length - 1]
    if (last !== undefined && last.lines.length < limits.batchLines) return last
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const batch: Batch = { lines: [], bytes: 0, settled: promise, resolve, reject }
    waiting.push(batch)
    return batch
  }

  return {
    add: (line) => {
      if (pendingLines >= limits.pendingLines || pendingBytes + line.length > limits.pendingBytes) {
        return Promise.reject(full)
      }
      const batch = collecting()
      batch.lines.push(line)
      batch.bytes += line.length
      pendingLines += 1
      pendingBytes += line.length
      if (pushes === 0 || batch.lines.length === limits.batchLines) schedule()
      return batch.settled
    },
    pending: () => ({ lines: pendingLines, bytes: pendingBytes }),
    drain: () => (pendingLines === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)))
  }
}
