/** Waiting in a benchmark for a number to be reached, with the moment at which that was seen. */

/** Looks every 20 ms; returns the milliseconds since `begun` (of `performance.now`). Fails when it stands still for a minute. */
export const reached = async (
  what: string,
  number: number,
  look: () => Promise<number>,
  begun: number
): Promise<number> => {
  let last = -1
  let moved = performance.now()
  for (;;) {
    const seen = await look()
    const now = performance.now()
    if (seen >= number) return now - begun
    if (seen !== last) {
      last = seen
      moved = now
    }
    if (now - moved > 60_000) throw new Error(`${what}: stands at ${seen} of ${number} for a minute`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Events a second from the first that is seen until `number` are. */
export const rateFrom = async (
  what: string,
  number: number,
  look: () => Promise<number>
): Promise<number> => {
  let first = 0
  let begun = 0
  const watched = async (): Promise<number> => {
    const seen = await look()
    if (first === 0 && seen > 0) {
      first = seen
      begun = performance.now()
    }
    return seen
  }
  await reached(what, number, watched, performance.now())
  return ((number - first) * 1000) / (performance.now() - begun)
}
