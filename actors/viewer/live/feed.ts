/**
 * The live feed: distributes events to subscribers, at most once and without ever blocking the reader. A bounded number
 * of events per second is selected and formatted, and subscribers with the same filter share the result. Lives as long
 * as the viewer; without subscribers it only keeps the most recent records.
 */
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import type { Copies, CopyStage } from "../../../contracts/event-copy.ts"
import { filterNames } from "../../inspect/events/filter.ts"
import { type Mask, noMask } from "../../inspect/events/mask.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import { copiedRecords } from "../../inspect/events/staged-event.ts"
import { decodedRecord } from "../decoded-record.ts"
import { type FeedCounts, LiveChannel } from "./channel.ts"
import { CopiedLiveEvent, type LiveEvent, StoredLiveEvent } from "./event.ts"
import { Rate } from "./rate.ts"
import { RecentEvents } from "./recent-events.ts"
import { type Recipient, Subscriber } from "./subscriber.ts"

export interface FeedLimits {
  /** Recent events kept per stage, and their bytes. */
  readonly maxRecent: number
  readonly maxRecentBytes: number
  /** Recent events sent to a new subscriber. */
  readonly maxFirst: number
  /** Events sent per second: to one subscriber, and to all together. */
  readonly maxPerSubscriber: number
  readonly maxTogether: number
  /** Comparisons of an event with a filter per second; above this only every Nth event is compared. */
  readonly maxComparisons: number
  /** Interval of messages, ms. */
  readonly intervalMs: number
}

export const standardLimits: FeedLimits = {
  maxRecent: 500,
  maxRecentBytes: 8 * 1024 * 1024,
  maxFirst: 200,
  maxPerSubscriber: 200,
  maxTogether: 20_000,
  maxComparisons: 250_000,
  intervalMs: 200
}

export interface Subscription {
  readonly pause: () => void
  readonly resume: () => void
  readonly close: () => void
}

export interface LiveFeed {
  /** Adds records that were read from the log. */
  readonly add: (batch: RecordBatch) => void
  /** Adds copies of events at the other stages. */
  readonly addCopies: (copies: Copies) => void
  /** Events read from the log so far. */
  readonly total: () => number
  /** Number of subscribers. */
  readonly subscribers: () => number
  /** The stages with a subscriber, other than `stored`. */
  readonly stages: () => ReadonlyArray<CopyStage>
  /** `onChange` is called when `stages` changes, and for the first and the last subscriber. */
  readonly onStagesChanged: (onChange: () => void) => void
  /** Begins with the recent events that match. */
  readonly subscribe: (filter: Filter, recipient: Recipient) => Subscription
}

/**
 * While `isLogReadable` is false, the rate is reported as unknown.
 *
 * @example
 * const feed = liveFeed()
 * const subscription = feed.subscribe({ type: "purchase" }, { send: console.log, isReady: () => true })
 * feed.add(batch)
 * subscription.close()
 */
export const liveFeed = (
  mask: Mask = noMask,
  limits: FeedLimits = standardLimits,
  isLogReadable: () => boolean = () => true
): LiveFeed => new Feed(mask, limits, isLogReadable)

class Feed implements LiveFeed {
  readonly #mask: Mask
  readonly #limits: FeedLimits
  readonly #isLogReadable: () => boolean
  readonly #channels = new Map<string, LiveChannel>()
  readonly #recent = new Map<CopyStage, RecentEvents>()
  readonly #rate = new Rate()
  #total = 0
  #subscribers = 0
  #timer: ReturnType<typeof setInterval> | undefined
  #publishedAt = 0
  #stagesChanged = (): void => {}
  /** Every Nth event is compared with the filters. */
  #compareEvery = 1
  #received = 0
  /** Comparisons since the last messages. */
  #compared = 0

  constructor(mask: Mask, limits: FeedLimits, isLogReadable: () => boolean) {
    this.#mask = mask
    this.#limits = limits
    this.#isLogReadable = isLogReadable
  }

  add({ topic, partition, records }: RecordBatch): void {
    this.#total += records.length
    this.#rate.add(records.length, performance.now())
    const channels = this.#channelsOf("stored")
    const position = { topic, partition }
    const kept = channels.length > 0 ? records : records.slice(-this.#limits.maxRecent)
    const events = kept.map((record) => new StoredLiveEvent(position, decodedRecord(record), this.#mask))
    this.#distribute("stored", events, channels)
  }

  addCopies(copies: Copies): void {
    const channels = this.#channelsOf(copies.stage)
    if (channels.length === 0) return
    for (const channel of channels) channel.addDropped(copies.dropped)
    const events = copiedRecords(copies).map((record) => new CopiedLiveEvent(record, this.#mask))
    this.#distribute(copies.stage, events, channels)
  }

  total(): number {
    return this.#total
  }

  subscribers(): number {
    return this.#subscribers
  }

  stages(): ReadonlyArray<CopyStage> {
    const stages = new Set(Array.from(this.#channels.values(), ({ stage }) => stage))
    return [...stages].filter((stage) => stage !== "stored")
  }

  onStagesChanged(onChange: () => void): void {
    this.#stagesChanged = onChange
  }

  subscribe(filter: Filter, recipient: Recipient): Subscription {
    const key = keyOf(filter)
    const channel = this.#channels.get(key) ?? new LiveChannel(filter)
    const isNewStage = channel.stage !== "stored" && this.#channelsOf(channel.stage).length === 0
    this.#channels.set(key, channel)
    const subscriber = new Subscriber(recipient)
    channel.subscribers.add(subscriber)
    this.#subscribers += 1
    const recent = channel.lastMatching(this.#recentOf(channel.stage).events, this.#limits.maxFirst)
    subscriber.queue(
      recent.map(({ json }) => json),
      0
    )
    subscriber.start(channel.stats(this.#counts()))
    this.#startTimer()
    if (isNewStage || this.#subscribers === 1) this.#stagesChanged()
    return {
      pause: () => {
        subscriber.isPaused = true
      },
      resume: () => {
        subscriber.isPaused = false
      },
      close: () => this.#unsubscribe(key, channel, subscriber)
    }
  }

  #unsubscribe(key: string, channel: LiveChannel, subscriber: Subscriber): void {
    if (!channel.subscribers.delete(subscriber)) return
    this.#subscribers -= 1
    if (channel.subscribers.size === 0) this.#channels.delete(key)
    if (this.#channels.size === 0) this.#stopTimer()
    const isStageOver = channel.stage !== "stored" && this.#channelsOf(channel.stage).length === 0
    if (isStageOver) this.#recent.delete(channel.stage)
    if (isStageOver || this.#subscribers === 0) this.#stagesChanged()
  }

  #distribute(
    stage: CopyStage,
    events: ReadonlyArray<LiveEvent>,
    channels: ReadonlyArray<LiveChannel>
  ): void {
    this.#recentOf(stage).add(events)
    if (channels.length === 0) {
      this.#received += events.length
      return
    }
    for (const event of events) {
      if (this.#received++ % this.#compareEvery !== 0) continue
      this.#compared += channels.length
      for (const channel of channels) channel.add(event)
    }
  }

  #publish(): void {
    const { maxPerSubscriber, maxTogether, maxComparisons } = this.#limits
    const now = performance.now()
    const seconds = Math.max(1, now - this.#publishedAt) / 1_000
    this.#publishedAt = now
    const maxPerSecond = Math.max(1, Math.min(maxPerSubscriber, maxTogether / this.#subscribers))
    const counts = this.#counts()
    for (const channel of this.#channels.values()) {
      channel.publish(counts, seconds, maxPerSecond, this.#compareEvery)
    }
    const needed = Math.ceil((this.#compared * this.#compareEvery) / (maxComparisons * seconds))
    // Batches arrive in bursts: halve at most, so that an idle interval does not make the next burst be compared whole.
    this.#compareEvery = Math.max(1, needed, Math.floor(this.#compareEvery / 2))
    this.#compared = 0
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return
    this.#publishedAt = performance.now()
    this.#timer = setInterval(() => this.#publish(), this.#limits.intervalMs)
  }

  #stopTimer(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#compareEvery = 1
  }

  #counts(): FeedCounts {
    return {
      total: this.#total,
      rate: this.#isLogReadable() ? this.#rate.at(performance.now()) : null
    }
  }

  #channelsOf(stage: CopyStage): ReadonlyArray<LiveChannel> {
    return [...this.#channels.values()].filter((channel) => channel.stage === stage)
  }

  #recentOf(stage: CopyStage): RecentEvents {
    const known =
      this.#recent.get(stage) ?? new RecentEvents(this.#limits.maxRecent, this.#limits.maxRecentBytes)
    this.#recent.set(stage, known)
    return known
  }
}

/** Equal for filters that match the same events. */
const keyOf = (filter: Filter): string =>
  JSON.stringify(filterNames.map((name) => (filter[name] ?? "").trim().toLowerCase()))
