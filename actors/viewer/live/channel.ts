/**
 * All subscribers with the same filter: matching events are selected, formatted and packed into messages once for all of
 * them. Lives while it has a subscriber.
 */
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { isAll, matches, mayMatch } from "../../inspect/events/filter.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { LiveEvent } from "./event.ts"
import { Sampler } from "./sampler.ts"
import { type FeedStats, messagesOf, type Subscriber } from "./subscriber.ts"

/** Maximum number of events kept between two messages, and of characters sent at a time. */
const maxPending = 1_000
const maxChars = 256 * 1024

/** Interval of messages without events, seconds. */
const statsIntervalSeconds = 1

/** Events read from the log so far, and in the last second; null while the log cannot be read. */
export interface FeedCounts {
  readonly total: number
  readonly rate: number | null
}

export class LiveChannel {
  readonly stage: CopyStage
  readonly subscribers = new Set<Subscriber>()
  readonly #matches: (event: LiveEvent) => boolean
  readonly #pending = new Sampler<LiveEvent>(maxPending)
  #dropped = 0
  /** Token bucket: events that may be sent now; refilled with time. */
  #tokens = Number.POSITIVE_INFINITY
  #sample = 1
  #lastCounts: FeedCounts = { total: -1, rate: -1 }
  #secondsSinceStats = 0

  constructor(filter: Filter) {
    this.stage = filter.stage ?? "stored"
    const mayBeMatch = mayMatch(filter)
    const isMatch = matches(filter)
    this.#matches = isAll(filter) ? () => true : (event) => mayBeMatch(event) && isMatch(event.view)
  }

  /** The last matching events, at most `max`. */
  lastMatching(events: ReadonlyArray<LiveEvent>, max: number): ReadonlyArray<LiveEvent> {
    const found: Array<LiveEvent> = []
    for (let at = events.length - 1; at >= 0 && found.length < max; at--) {
      const event = events[at]
      if (event !== undefined && this.#matches(event)) found.push(event)
    }
    return found.reverse()
  }

  add(event: LiveEvent): void {
    if (this.#matches(event)) this.#pending.push(event)
  }

  /** Counts events that were dropped before they reached the channel. */
  addDropped(count: number): void {
    this.#dropped += count
  }

  /**
   * Sends the events added since the last call, `seconds` ago: at most `maxPerSecond`. Only every `comparedEvery`th event
   * was compared with the filter.
   */
  publish(counts: FeedCounts, seconds: number, maxPerSecond: number, comparedEvery: number): void {
    this.#tokens = Math.min(maxPerSecond, this.#tokens + maxPerSecond * seconds)
    const events = this.#takeEvents(comparedEvery)
    const dropped = this.#dropped
    this.#dropped = 0
    const stats: FeedStats = { ...counts, sample: this.#sample }
    const hasNews = events.length > 0 || dropped > 0
    const isDue = this.#areStatsDue(counts, seconds, hasNews)
    const messages = hasNews || isDue ? messagesOf(stats, dropped, events) : []
    for (const subscriber of this.subscribers) {
      if (subscriber.isCaughtUp) for (const message of messages) subscriber.send(message)
      else {
        subscriber.queue(events, dropped)
        if (!subscriber.isPaused || isDue) subscriber.catchUp(stats)
      }
    }
  }

  /** The figures for a new subscriber's first message. */
  stats(counts: FeedCounts): FeedStats {
    if (this.subscribers.size === 1) this.#lastCounts = counts
    return { ...counts, sample: this.#sample }
  }

  #takeEvents(comparedEvery: number): ReadonlyArray<string> {
    if (this.#pending.isEmpty || this.#tokens < 1) return []
    const { items, every } = this.#pending.take(Math.floor(this.#tokens))
    this.#tokens -= items.length
    this.#sample = every * comparedEvery
    const newestFirst: Array<string> = []
    let chars = 0
    for (let at = items.length - 1; at >= 0; at--) {
      const json = items[at]?.json ?? ""
      chars += json.length
      if (newestFirst.length > 0 && chars > maxChars) {
        this.#dropped += at + 1
        break
      }
      newestFirst.push(json)
    }
    return newestFirst.reverse()
  }

  #areStatsDue(counts: FeedCounts, seconds: number, hasNews: boolean): boolean {
    this.#secondsSinceStats += seconds
    const isNew = counts.total !== this.#lastCounts.total || counts.rate !== this.#lastCounts.rate
    if (!isNew || (!hasNews && this.#secondsSinceStats < statsIntervalSeconds)) return false
    this.#lastCounts = counts
    this.#secondsSinceStats = 0
    return true
  }
}
