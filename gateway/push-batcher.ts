/**
 * Many requests share one push: lines that arrive together go to the queue in one command, and each caller's promise
 * settles with the push that carried its line. Lives as long as the gateway; call `drain` before it stops.
 */
import type { ByteString } from "../contracts/event.ts"
import { Failure } from "../contracts/failure.ts"

export interface PushLimits {
  /** Lines in one push. */
  readonly maxBatchLines: number
  /** Bytes of the lines in one push, except that one line is always taken. Default: no limit. */
  readonly maxBatchBytes?: number
  /** Pushes in flight at once. */
  readonly maxPushes: number
  /** Lines that are waiting or being pushed; more are refused. */
  readonly maxPendingLines: number
  /** Bytes of the lines that are waiting or being pushed; more are refused. */
  readonly maxPendingBytes: number
}

export const standardPushLimits: PushLimits = {
  maxBatchLines: 256,
  maxPushes: 4,
  maxPendingLines: 20_000,
  maxPendingBytes: 16 * 1024 * 1024
}

interface Batch {
  readonly lines: Array<ByteString>
  bytes: number
  readonly settled: Promise<void>
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

/** Appends all of these lines to the queue or none. */
export type PushLines = (lines: ReadonlyArray<ByteString>) => Promise<void>

const full = new Failure({ reason: "busy", message: "The push queue is full." })

/**
 * Collects lines for `push`. While no push is in flight, a line leaves at the end of the current turn of the event
 * loop; otherwise when a push returns or its batch is full. When a push fails because the queue is unavailable, the
 * waiting lines fail too, so that no caller waits for several pushes in a row.
 */
export class PushBatcher {
  private readonly push: PushLines
  private readonly limits: PushLimits
  private readonly maxBatchBytes: number
  private readonly waiting: Array<Batch> = []
  private pendingLines = 0
  private pendingBytes = 0
  private inFlight = 0
  private isScheduled = false
  private idle: Array<() => void> = []

  constructor(push: PushLines, limits: PushLimits = standardPushLimits) {
    this.push = push
    this.limits = limits
    this.maxBatchBytes = limits.maxBatchBytes ?? Number.POSITIVE_INFINITY
  }

  /** Resolves when the queue has the line. Rejects with the failure of the push, or at once with `Failure` "busy" when full. */
  add(line: ByteString): Promise<void> {
    const { maxPendingLines, maxPendingBytes, maxBatchLines } = this.limits
    if (this.pendingLines >= maxPendingLines || this.pendingBytes + line.length > maxPendingBytes) {
      return Promise.reject(full)
    }
    const batch = this.openBatch(line.length)
    batch.lines.push(line)
    batch.bytes += line.length
    this.pendingLines += 1
    this.pendingBytes += line.length
    if (this.inFlight === 0 || batch.lines.length === maxBatchLines) this.schedule()
    return batch.settled
  }

  /** Lines that were added and are not settled yet. */
  pending(): { readonly lines: number; readonly bytes: number } {
    return { lines: this.pendingLines, bytes: this.pendingBytes }
  }

  /** Resolves when no line is pending. Does not refuse new lines: stop their source first. */
  drain(): Promise<void> {
    return this.pendingLines === 0
      ? Promise.resolve()
      : new Promise((resolve) => void this.idle.push(resolve))
  }

  /** The batch that takes the next line, of that many bytes. */
  private openBatch(bytes: number): Batch {
    const last = this.waiting[this.waiting.length - 1]
    if (last !== undefined && this.hasRoom(last, bytes)) return last
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const batch: Batch = { lines: [], bytes: 0, settled: promise, resolve, reject }
    this.waiting.push(batch)
    return batch
  }

  private hasRoom(batch: Batch, bytes: number): boolean {
    return batch.lines.length < this.limits.maxBatchLines && batch.bytes + bytes <= this.maxBatchBytes
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.send()
    })
  }

  private send(): void {
    while (this.inFlight < this.limits.maxPushes) {
      const next = this.waiting.shift()
      if (next === undefined) return
      this.inFlight += 1
      Promise.resolve(next.lines)
        .then(this.push)
        .then(
          () => this.succeed(next),
          (cause: unknown) => this.fail(next, cause)
        )
    }
  }

  private succeed(batch: Batch): void {
    this.finish(batch)
    batch.resolve()
  }

  private fail(batch: Batch, cause: unknown): void {
    this.failWaiting(cause)
    this.finish(batch)
    batch.reject(cause)
  }

  private failWaiting(cause: unknown): void {
    if (!(cause instanceof Failure) || !cause.retry) return
    for (const other of this.waiting.splice(0)) {
      this.subtract(other)
      other.reject(cause)
    }
  }

  private finish(batch: Batch): void {
    this.inFlight -= 1
    this.subtract(batch)
    this.send()
    if (this.pendingLines > 0) return
    for (const resolve of this.idle) resolve()
    this.idle = []
  }

  private subtract(batch: Batch): void {
    this.pendingLines -= batch.lines.length
    this.pendingBytes -= batch.bytes
  }
}
