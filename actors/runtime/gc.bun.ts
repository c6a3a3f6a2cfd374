/**
 * Keeps the heap of a process on Bun near its live size. The bytes of messages live for some milliseconds, long enough
 * to be promoted to the old generation, which Bun collects only after the heap has grown several times over: by 150 MB in
 * an enricher at its limit. This collects earlier, but only in a process that has become large. Runs from the start of
 * the process to its end.
 */
import { fullGC, heapSize } from "bun:jsc"
import { Effect } from "effect"

const megabyte = 1024 * 1024

/** Below this resident memory the heap is neither measured nor collected, bytes. */
const minResidentBytes = 160 * megabyte

/** The heap may grow by this much, or by half of its size, before it is collected, bytes. */
const minGrowthBytes = 16 * megabyte

/** The pause between two checks while the memory grows, and the longest one while it does not, milliseconds. */
const checkIntervalMs = 25
const maxIntervalMs = 400

/** Less growth between two checks than this is none, bytes. */
const leastGrowthBytes = megabyte / 2

/** The pause before the next check, after one that found `growth` bytes more than the check before. */
export const nextInterval = (intervalMs: number, growth: number): number =>
  growth > leastGrowthBytes ? checkIntervalMs : Math.min(maxIntervalMs, intervalMs * 2)

/** Whether a heap that had `smallest` bytes after the last collection has grown enough for another one. */
export const hasGrown = (size: number, smallest: number): boolean =>
  size - smallest > Math.max(minGrowthBytes, smallest / 2)

/** NOTE: a full collection stops the process for about 20 ms. `Bun.gc` would collect too late, or discard compiled code. */
export const keepMemoryLow = Effect.acquireRelease(
  Effect.sync(() => {
    let smallest = heapSize()
    let last = 0
    let intervalMs = checkIntervalMs
    const check = (): void => {
      const resident = process.memoryUsage.rss()
      // Measuring the heap takes a walk over it, so it is done only where it may be collected.
      const isLarge = resident >= minResidentBytes
      const size = isLarge ? heapSize() : resident
      intervalMs = nextInterval(intervalMs, size - last)
      last = size
      if (isLarge) {
        smallest = Math.min(smallest, size)
        if (hasGrown(size, smallest)) {
          fullGC()
          last = heapSize()
          smallest = last
        }
      }
      next.timer = setTimeout(check, intervalMs)
    }
    const next = { timer: setTimeout(check, intervalMs) }
    return next
  }),
  (next) => Effect.sync(() => clearTimeout(next.timer))
)
