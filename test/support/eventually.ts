/** Waits for a condition in a test, instead of sleeping for a fixed time. */

/**
 * Calls `check` until it returns a value other than undefined or false, and returns that value. Fails with `what` after
 * `timeoutMs`. An exception of `check` counts as "not yet". `intervalMs` is the time between two calls: longer for an
 * expensive check.
 */
export const eventually = async <A>(
  what: string,
  check: () => A | undefined | false | Promise<A | undefined | false>,
  timeoutMs = 20_000,
  intervalMs = 10
): Promise<A> => {
  const end = Date.now() + timeoutMs
  let last: unknown
  while (Date.now() < end) {
    try {
      const result = await check()
      if (result !== undefined && result !== false) return result
      last = undefined
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs))
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last })
}
