/**
 * Keeps what a process on Bun holds near what it needs. The bytes of messages live for some milliseconds, long enough to
 * be taken for old; and what is old is collected only when the heap has grown several times over: by 150 MB in an
 * enricher at its limit. Here that is done earlier, but only in a process that has become large. Looks for as long as
 * the process lives.
 */
import { fullGC, heapSize } from "bun:jsc"
import { Effect } from "effect"

const megabyte = 1024 * 1024

/** A process that has less than this in memory is left alone, bytes. */
const small = 160 * megabyte

/** The heap may grow by so much, or by half of what it holds, before it is collected, bytes. */
const leastGrowth = 16 * megabyte

/** Milliseconds between two looks. */
const every = 25

/** Has a heap, which had `least` bytes at the end of the last collection, grown so much that another one is due? */
export const hasGrown = (size: number, least: number): boolean =>
  size - least > Math.max(leastGrowth, least / 2)

/** NOTE: a full collection stops the process for some 20 ms; `Bun.gc` would wait too long, or throw compiled code away. */
export const keepMemoryLow = Effect.acquireRelease(
  Effect.sync(() => {
    let least = heapSize()
    const look = (): void => {
      const size = heapSize()
      least = Math.min(least, size)
      if (!hasGrown(size, least) || process.memoryUsage.rss() < small) return
      fullGC()
      least = heapSize()
    }
    return setInterval(look, every)
  }),
  (timer) => Effect.sync(() => clearInterval(timer))
)
