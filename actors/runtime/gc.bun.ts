/**
 * Keeps the heap of a process on Bun near its live size. The bytes of messages live for some milliseconds, long enough
 * to be promoted to the old generation, which Bun collects only after the heap has grown several times over: by 150 MB in
 * an enricher at its limit. This collects earlier, but only in a process that has become large. Runs from the start of
 * the process to its end.
 */
import { fullGC, heapSize } from "bun:jsc"
import { Effect } from "effect"

const megabyte = 1024 * 1024

/** Below this resident memory no collection is forced, bytes. */
const minResidentBytes = 160 * megabyte

/** The heap may grow by this much, or by half of its size, before it is collected, bytes. */
const minGrowthBytes = 16 * megabyte

/** The pause between two checks, milliseconds. */
const checkIntervalMs = 25

/** Whether a heap that had `smallest` bytes after the last collection has grown enough for another one. */
export const hasGrown = (size: number, smallest: number): boolean =>
  size - smallest > Math.max(minGrowthBytes, smallest / 2)

/** NOTE: a full collection stops the process for about 20 ms. `Bun.gc` would collect too late, or discard compiled code. */
export const keepMemoryLow = Effect.acquireRelease(
  Effect.sync(() => {
    let smallest = heapSize()
    const check = (): void => {
      const size = heapSize()
      smallest = Math.min(smallest, size)
      if (!hasGrown(size, smallest) || process.memoryUsage.rss() < minResidentBytes) return
      fullGC()
      smallest = heapSize()
    }
    return setInterval(check, checkIntervalMs)
  }),
  (timer) => Effect.sync(() => clearInterval(timer))
)
