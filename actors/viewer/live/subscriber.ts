/**
 * One who watches: gets messages as they are made for all who watch the same, and when it has paused or reads too
 * slowly, keeps the newest events for later and says how many it had to drop. Lives as long as its watch.
 */

/** The way to a client. */
export interface Recipient {
  /** One message; never waits. */
  readonly send: (message: string) => void
  /** Has it read enough of what was sent before? */
  readonly isReady: () => boolean
}

/** What is told beside the events. */
export interface Figures {
  readonly total: number
  readonly rate: number | null
  readonly sample: number
}

/** Events that wait for one client, and their characters; the oldest make room. */
export const maxWaiting = 500
export const maxWaitingChars = 4 * 1024 * 1024

/** A message holds so many events, and so many characters of them, but one in any case. */
const messageEvents = 100
const messageChars = 64 * 1024

/** A message with these events, each as JSON. See `LiveMessage`. */
const messageOf = ({ total, rate, sample }: Figures, dropped: number, events: string): string =>
  `{"total":${total},"rate":${rate},"sample":${sample},"dropped":${dropped},"events":[${events}]}`

/** The events in messages of a bounded size; one without events when there are none. `dropped` is said in the first. */
export const messagesOf = (
  figures: Figures,
  dropped: number,
  events: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const messages: Array<string> = []
  let start = 0
  do {
    const end = start + fitting(events, start)
    messages.push(messageOf(figures, start === 0 ? dropped : 0, events.slice(start, end).join(",")))
    start = end
  } while (start < events.length)
  return messages
}

const fitting = (events: ReadonlyArray<string>, start: number): number => {
  let length = 0
  let count = 0
  for (let at = start; at < events.length && count < messageEvents; at++) {
    length += events[at]?.length ?? 0
    if (count > 0 && length > messageChars) break
    count++
  }
  return count
}

/** How many of the newest events may wait. */
const newest = (events: ReadonlyArray<string>): number => {
  let length = 0
  let count = 0
  while (count < events.length && count < maxWaiting) {
    length += events[events.length - 1 - count]?.length ?? 0
    if (count > 0 && length > maxWaitingChars) break
    count++
  }
  return count
}

export class LiveClient {
  readonly #recipient: Recipient
  #waiting: Array<string> = []
  #dropped = 0
  isPaused = false

  constructor(recipient: Recipient) {
    this.#recipient = recipient
  }

  /** May it get the messages that all get? */
  get isAbreast(): boolean {
    return !this.isPaused && this.#waiting.length === 0 && this.#dropped === 0 && this.#recipient.isReady()
  }

  send(message: string): void {
    this.#recipient.send(message)
  }

  /** Keeps these for later. `dropped` were left out already. */
  keep(events: ReadonlyArray<string>, dropped: number): void {
    for (const event of events) this.#waiting.push(event)
    const over = this.#waiting.length - newest(this.#waiting)
    if (over > 0) this.#waiting.splice(0, over)
    this.#dropped += over + dropped
  }

  /** Its first message, or more when much waits for it already. */
  greet(figures: Figures): void {
    if (this.#waiting.length === 0) this.send(messageOf(figures, 0, ""))
    else this.catchUp(figures)
  }

  /** Sends what waits, as far as it is read; while paused the figures alone. */
  catchUp(figures: Figures): void {
    if (this.isPaused) {
      if (this.#recipient.isReady()) this.send(messageOf(figures, 0, ""))
      return
    }
    while ((this.#waiting.length > 0 || this.#dropped > 0) && this.#recipient.isReady()) {
      const events = this.#waiting.splice(0, fitting(this.#waiting, 0))
      const dropped = this.#dropped
      this.#dropped = 0
      this.send(messageOf(figures, dropped, events.join(",")))
    }
  }
}
