/**
 * A search in what the log still holds, newest first unless the oldest are asked for. The viewer looks a few seconds at a time, so it is asked again
 * until there is a page of events, the end, or the reader has enough.
 */
import { get } from "/page/ask.js"

/** So many events are a page; the viewer is asked for as many at a time, so there may be a few more. */
const pageSize = 250

/**
 * @param {object} told
 * @param {(events: ReadonlyArray<object>) => void} told.found in that order, behind those before
 * @param {(how: { isOver: boolean, isComplete: boolean, looked: number, count: number, troubles: string[] }) => void} told.went
 *   how far it is; with `isOver` it stands until it is told to go on
 */
export const pastSearch = ({ found, went }) => {
  /** Only the last search may tell anything. */
  let current = new AbortController()
  let query
  let next
  /** Where the answer before ended within one millisecond. */
  let cursor
  let looked = 0
  let count = 0

  const anew = () => {
    current.abort()
    current = new AbortController()
    return current
  }

  /** Towards older events. */
  const isBack = () => query.order !== "oldest"

  /** Whether an answer says to go on from where it began. */
  const isStuckAt = (place) => {
    if (place === undefined) return true
    if (next === undefined) return false
    return isBack() ? place >= next : place <= next
  }

  const address = () => {
    const { filter } = query
    const { stage: _, ...asked } = filter
    const search = new URLSearchParams({ ...asked, limit: String(pageSize), order: query.order ?? "newest" })
    const [since, until] = isBack() ? [query.since ?? 0, next] : [next, query.until]
    search.set("since", String(since))
    if (until !== undefined) search.set("until", String(until))
    if (cursor !== undefined) search.set("cursor", cursor)
    return `/api/search?${search}`
  }

  const tell = (isOver, isComplete, troubles) => went({ isOver, isComplete, looked, count, troubles })

  const look = async () => {
    const mine = anew()
    const troubles = new Set()
    let page = 0
    tell(false, false, [])
    for (let isOver = false; !isOver; ) {
      let answer
      try {
        answer = await get(address(), mine.signal)
      } catch (error) {
        if (mine === current) tell(true, false, [...troubles, error.message])
        return
      }
      if (mine !== current) return
      const { events, complete } = answer
      found(events)
      page += events.length
      count += events.length
      looked += answer.looked
      const isStuck =
        !complete && (answer.cursor === undefined ? isStuckAt(answer.next) : answer.cursor === cursor)
      // The cursor goes on with the millisecond that `next` is behind.
      next = answer.cursor === undefined ? (answer.next ?? next) : next
      cursor = answer.cursor
      isOver = complete || isStuck || page >= pageSize
      // That it took long is no trouble while it goes on.
      if (isStuck || complete || events.length >= pageSize)
        for (const trouble of answer.troubles) troubles.add(trouble)
      tell(isOver, complete, [...troubles])
    }
  }

  return {
    /** Looks for that from its end, or its beginning; without these, those of the log. */
    start: (asked) => {
      query = asked
      next = isBack() ? asked.until : (asked.since ?? 0)
      cursor = undefined
      looked = 0
      count = 0
      return look()
    },
    goOn: look,
    stop: () => {
      anew()
      if (query !== undefined) tell(true, false, [])
    },
    /** Forgets it without a word. */
    leave: () => {
      anew()
      query = undefined
    }
  }
}
