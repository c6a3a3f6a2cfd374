/**
 * A bounded cache of the links that clicks look up: a click waits for the store at most once per `freshMs` and link, and
 * does not depend on the store while it is unavailable. Lives as long as the gateway.
 */
import { Failure } from "../../contracts/failure.ts"

export interface LinkCacheLimits {
  /** How long a cached link is used without a look-up in the store, milliseconds. */
  readonly freshMs: number
  /** Stale-if-error: how long a cached link is served while the store is unreachable, milliseconds. */
  readonly staleMs: number
  /** How long a click waits for the store, milliseconds. */
  readonly lookupTimeoutMs: number
  /** After a failed look-up, the time before the link is looked up again, milliseconds. */
  readonly retryIntervalMs: number
  /** Cached links; the same number of unknown ids is cached too. */
  readonly maxLinks: number
  /** Look-ups in flight at once. */
  readonly maxLookups: number
}

export const standardLinkCache: LinkCacheLimits = {
  freshMs: 10_000,
  staleMs: 24 * 60 * 60 * 1000,
  lookupTimeoutMs: 500,
  retryIntervalMs: 1_000,
  maxLinks: 5_000,
  maxLookups: 1_000
}

export interface LinkCache<Link> {
  /** Undefined for an unknown link. Rejects with `Failure` when the store fails and the link is not cached. */
  readonly find: (id: string) => Promise<Link | undefined>
  /** Removes a link that has changed: the next click looks it up in the store. */
  readonly invalidate: (id: string) => void
  /** Numbers of cached links and of cached unknown ids. */
  readonly size: () => { readonly links: number; readonly absent: number }
}

interface Cached<Link> {
  readonly link: Link | undefined
  /** When the store returned it, milliseconds. */
  readonly since: number
  /** When the next look-up in the store is due, milliseconds. */
  refreshAt: number
}

/** `now` is a monotonic clock, milliseconds. */
export const cacheLinks = <Link>(
  load: (id: string) => Promise<Link | undefined>,
  now: () => number,
  limits: LinkCacheLimits = standardLinkCache
): LinkCache<Link> => {
  const links = new Map<string, Cached<Link>>()
  const absent = new Map<string, Cached<Link>>()
  const inFlight = new Map<string, Promise<Link | undefined>>()

  const cache = (id: string, link: Link | undefined): void => {
    links.delete(id)
    absent.delete(id)
    const table = link === undefined ? absent : links
    const [oldest] = table.keys()
    if (table.size >= limits.maxLinks && oldest !== undefined) table.delete(oldest)
    table.set(id, { link, since: now(), refreshAt: now() + limits.freshMs })
  }

  const lookUp = (id: string): Promise<Link | undefined> => {
    const before = inFlight.get(id)
    if (before !== undefined) return before
    if (inFlight.size >= limits.maxLookups) return Promise.reject(tooMany)
    const loading = load(id).then(
      (link) => {
        if (inFlight.get(id) !== loading) return link
        inFlight.delete(id)
        cache(id, link)
        return link
      },
      (cause: unknown) => {
        if (inFlight.get(id) === loading) inFlight.delete(id)
        throw cause
      }
    )
    inFlight.set(id, loading)
    return loading
  }

  return {
    find: async (id) => {
      const cached = links.get(id) ?? absent.get(id)
      if (cached !== undefined && now() < cached.refreshAt) return cached.link
      try {
        return await withTimeout(lookUp(id), limits.lookupTimeoutMs)
      } catch (cause) {
        if (cached?.link === undefined || now() - cached.since > limits.staleMs) throw cause
        cached.refreshAt = now() + limits.retryIntervalMs
        return cached.link
      }
    },
    invalidate: (id) => {
      links.delete(id)
      absent.delete(id)
      inFlight.delete(id)
    },
    size: () => ({ links: links.size, absent: absent.size })
  }
}

const tooMany = new Failure({ reason: "busy", message: "Too many link look-ups are in flight." })
const tooSlow = new Failure({ reason: "timeout", message: "The link store did not respond in time." })

const withTimeout = async <A>(promise: Promise<A>, timeoutMs: number): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
