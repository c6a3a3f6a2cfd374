/** Waits in a benchmark until a count reaches a number, and measures the time. */

/** Calls `count` every 20 ms; returns the time since `startedAt` (of `performance.now`), milliseconds. Fails when the count does not change for a minute. */
export const reached = async (
  what: string,
  number: number,
  count: () => Promise<number>,
  startedAt: number
): Promise<number> => {
  let last = -1
  let moved = performance.now()
  for (;;) {
    const seen = await count()
    const now = performance.now()
    if (seen >= number) return now - startedAt
    if (seen !== last) {
      last = seen
      moved = now
    }
    if (now - moved > 60_000) throw new Error(`${what}: unchanged at ${seen} of ${number} for a minute`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The rate per second from the first count above 0 until `number` is reached. */
export const rateFrom = async (
  what: string,
  number: number,
  count: () => Promise<number>
): Promise<number> => {
  let first = 0
  let startedAt = 0
  const observed = async (): Promise<number> => {
    const seen = await count()
    if (first === 0 && seen > 0) {
      first = seen
      startedAt = performance.now()
    }
    return seen
  }
  await reached(what, number, observed, performance.now())
  return ((number - first) * 1000) / (performance.now() - startedAt)
}
