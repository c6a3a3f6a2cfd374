/**
 * One subscriber of a channel. It is sent the channel's messages; while it is paused or reads too slowly, its newest
 * events are queued, the oldest are dropped and their number is reported. Lives as long as its subscription.
 */

/** A client's connection. */
export interface Recipient {
  /** Sends one message; never waits. */
  readonly send: (message: string) => void
  /** Whether the client has read enough of the earlier messages. */
  readonly isReady: () => boolean
}

/** The figures in each message, see `LiveMessage`. */
export interface FeedStats {
  readonly total: number
  readonly rate: number | null
  readonly sample: number
}

/** Limits of one subscriber's queue: events, and their characters. The oldest are dropped first. */
export const maxQueuedEvents = 500
export const maxQueuedChars = 4 * 1024 * 1024

/** Limits of one message: events, and their characters. A single event is never split. */
const maxMessageEvents = 100
const maxMessageChars = 64 * 1024

/** A `LiveMessage` with these events, each given as JSON. */
const messageOf = ({ total, rate, sample }: FeedStats, dropped: number, events: string): string =>
  `{"total":${total},"rate":${rate},"sample":${sample},"dropped":${dropped},"events":[${events}]}`

/** The events as messages within the limits; one message without events when there are none. The first reports `dropped`. */
export const messagesOf = (
  stats: FeedStats,
  dropped: number,
  events: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const messages: Array<string> = []
  let start = 0
  do {
    const end = start + countThatFits(events, start)
    messages.push(messageOf(stats, start === 0 ? dropped : 0, events.slice(start, end).join(",")))
    start = end
  } while (start < events.length)
  return messages
}

const countThatFits = (events: ReadonlyArray<string>, start: number): number => {
  let chars = 0
  let count = 0
  for (let at = start; at < events.length && count < maxMessageEvents; at++) {
    chars += events[at]?.length ?? 0
    if (count > 0 && chars > maxMessageChars) break
    count++
  }
  return count
}

/** Number of the newest events that fit into the queue. */
const countToQueue = (events: ReadonlyArray<string>): number => {
  let chars = 0
  let count = 0
  while (count < events.length && count < maxQueuedEvents) {
    chars += events[events.length - 1 - count]?.length ?? 0
    if (count > 0 && chars > maxQueuedChars) break
    count++
  }
  return count
}

export class Subscriber {
  readonly #recipient: Recipient
  #queue: Array<string> = []
  #dropped = 0
  isPaused = false

  constructor(recipient: Recipient) {
    this.#recipient = recipient
  }

  /** Whether it can be sent the channel's next messages directly. */
  get isCaughtUp(): boolean {
    return !this.isPaused && this.#queue.length === 0 && this.#dropped === 0 && this.#recipient.isReady()
  }

  send(message: string): void {
    this.#recipient.send(message)
  }

  /** Queues events. `dropped` events were left out before. */
  queue(events: ReadonlyArray<string>, dropped: number): void {
    for (const event of events) this.#queue.push(event)
    const excess = this.#queue.length - countToQueue(this.#queue)
    if (excess > 0) this.#queue.splice(0, excess)
    this.#dropped += excess + dropped
  }

  /** Sends its first message, or several when many events are queued. */
  start(stats: FeedStats): void {
    if (this.#queue.length === 0) this.send(messageOf(stats, 0, ""))
    else this.catchUp(stats)
  }

  /** Sends queued events while the client keeps up; while paused, the figures only. */
  catchUp(stats: FeedStats): void {
    if (this.isPaused) {
      if (this.#recipient.isReady()) this.send(messageOf(stats, 0, ""))
      return
    }
    while ((this.#queue.length > 0 || this.#dropped > 0) && this.#recipient.isReady()) {
      const events = this.#queue.splice(0, countThatFits(this.#queue, 0))
      const dropped = this.#dropped
      this.#dropped = 0
      this.send(messageOf(stats, dropped, events.join(",")))
    }
  }
}
