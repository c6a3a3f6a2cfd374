/**
 * The links that clicks ask for, remembered for a moment, so that a click waits for the store at most once in ten
 * seconds and not at all while the store is away. Bounded, whatever ids are asked for. Lives as long as the gateway.
 */
import { Failure } from "../../contracts/failure.ts"

/** Times in milliseconds. */
export interface LinkCacheLimits {
  /** How long a link is not asked for again. */
  readonly fresh: number
  /** How long a link is used that the store cannot be asked for. */
  readonly stale: number
  /** How long a click waits for the store. */
  readonly patience: number
  /** How long the store is left alone about a link after that. */
  readonly pause: number
  /** Links that are remembered; and as many ids that are none. */
  readonly links: number
  /** Ids asked for at once. */
  readonly asking: number
}

export const standardLinkCache: LinkCacheLimits = {
  fresh: 10_000,
  stale: 24 * 60 * 60 * 1000,
  patience: 500,
  pause: 1_000,
  links: 5_000,
  asking: 1_000
}

export interface LinkCache<Link> {
  /** Undefined where there is none. Rejects with `Failure` when the store cannot say and it is not remembered. */
  readonly find: (id: string) => Promise<Link | undefined>
  /** Asks the store again at the next click: the link has changed. */
  readonly forget: (id: string) => void
  /** What is remembered now. */
  readonly size: () => { readonly links: number; readonly absent: number }
}

interface Remembered<Link> {
  readonly link: Link | undefined
  /** When the store said so. */
  readonly since: number
  /** When to ask it again. */
  again: number
}

/** `now` in milliseconds that never go back. */
export const cacheLinks = <Link>(
  ask: (id: string) => Promise<Link | undefined>,
  now: () => number,
  limits: LinkCacheLimits = standardLinkCache
): LinkCache<Link> => {
  const links = new Map<string, Remembered<Link>>()
  const absent = new Map<string, Remembered<Link>>()
  const asking = new Map<string, Promise<Link | undefined>>()

  const remember = (id: string, link: Link | undefined): void => {
    links.delete(id)
    absent.delete(id)
    const table = link === undefined ? absent : links
    const [oldest] = table.keys()
    if (table.size >= limits.links && oldest !== undefined) table.delete(oldest)
    table.set(id, { link, since: now(), again: now() + limits.fresh })
  }

  const askFor = (id: string): Promise<Link | undefined> => {
    const before = asking.get(id)
    if (before !== undefined) return before
    if (asking.size >= limits.asking) return Promise.reject(tooMany)
    const asked = ask(id).then(
      (link) => {
        if (asking.get(id) !== asked) return link
        asking.delete(id)
        remember(id, link)
        return link
      },
      (cause: unknown) => {
        if (asking.get(id) === asked) asking.delete(id)
        throw cause
      }
    )
    asking.set(id, asked)
    return asked
  }

  return {
    find: async (id) => {
      const known = links.get(id) ?? absent.get(id)
      if (known !== undefined && now() < known.again) return known.link
      try {
        return await within(askFor(id), limits.patience)
      } catch (cause) {
        if (known?.link === undefined || now() - known.since > limits.stale) throw cause
        known.again = now() + limits.pause
        return known.link
      }
    },
    forget: (id) => {
      links.delete(id)
      absent.delete(id)
      asking.delete(id)
    },
    size: () => ({ links: links.size, absent: absent.size })
  }
}

const tooMany = new Failure({ reason: "busy", message: "Too many links are being looked up." })
const tooSlow = new Failure({ reason: "timeout", message: "The links did not answer in time." })

const within = async <A>(promise: Promise<A>, milliseconds: number): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
