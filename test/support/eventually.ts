/** Waiting for a fact in a test, instead of sleeping and hoping. */

/**
 * Looks again and again until `look` returns something other than undefined or false, and returns that.
 * Fails with `what` when it has not come within `within` milliseconds. What `look` throws counts as "not yet". Between
 * two looks are `pause` milliseconds: more where looking itself is work.
 */
export const eventually = async <A>(
  what: string,
  look: () => A | undefined | false | Promise<A | undefined | false>,
  within = 20_000,
  pause = 10
): Promise<A> => {
  const end = Date.now() + within
  let last: unknown
  while (Date.now() < end) {
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen
      last = undefined
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  throw new Error(`${what}: not within ${within} ms`, { cause: last })
}
