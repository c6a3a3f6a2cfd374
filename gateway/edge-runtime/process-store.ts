/** The store of the edge in a process of its own: it forwards stored lines in the background, as long as the process lives. */
import type { EdgeStoreOptions } from "./edge-store.ts"
import { edgeStore } from "./edge-store.ts"
import type { EdgeStore } from "./service.ts"

/** Runs `task` after a time; it must not keep a process from ending that has nothing else to do. */
export type RunLater = (task: () => void, delayMs: number) => void

/** Lines of an earlier process are forwarded at once. */
export const processStore = (options: Omit<EdgeStoreOptions, "wake">, runLater: RunLater): EdgeStore => {
  let isRunning = false
  let isPlanned = false
  let wasWoken = false

  const run = async (): Promise<void> => {
    isRunning = true
    wasWoken = false
    const waitMs = await store.forward()
    isRunning = false
    if (waitMs === undefined) {
      if (wasWoken) void run()
      return
    }
    isPlanned = true
    runLater(() => {
      isPlanned = false
      void run()
    }, waitMs)
  }

  const wake = async (): Promise<void> => {
    wasWoken = true
    if (!isRunning && !isPlanned) void run()
  }

  const store = edgeStore({ ...options, wake })
  void wake()
  return store
}
