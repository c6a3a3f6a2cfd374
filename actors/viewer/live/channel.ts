/**
 * Those who watch the same: what matches their filter is chosen, written and put into messages once for all of them.
 * Lives while one of them watches.
 */
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { isAll, matches, mayMatch } from "../../inspect/events/filter.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { LiveEvent } from "./event.ts"
import { Thinned } from "./sampler.ts"
import { type Figures, type LiveClient, messagesOf } from "./subscriber.ts"

/** Events held between two messages to choose from, and how many characters of them are told at a time. */
const maxHeld = 1_000
const maxChars = 256 * 1024

/** Without events, the figures are told so often, in seconds. */
const figuresEvery = 1

/** Events of the log so far, and in the last second; null while the log cannot be read. */
export interface Counts {
  readonly total: number
  readonly rate: number | null
}

export class LiveChannel {
  readonly stage: CopyStage
  readonly clients = new Set<LiveClient>()
  readonly #matches: (event: LiveEvent) => boolean
  readonly #fresh = new Thinned<LiveEvent>(maxHeld)
  #dropped = 0
  /** Events that may be told now; grows with time. */
  #allowance = Number.POSITIVE_INFINITY
  #sample = 1
  #told: Counts = { total: -1, rate: -1 }
  #quietFor = 0

  constructor(filter: Filter) {
    this.stage = filter.stage ?? "stored"
    const may = mayMatch(filter)
    const does = matches(filter)
    this.#matches = isAll(filter) ? () => true : (event) => may(event.record) && does(event.view)
  }

  /** The last of these events that match, at most `count`. */
  pick(events: ReadonlyArray<LiveEvent>, count: number): ReadonlyArray<LiveEvent> {
    const found: Array<LiveEvent> = []
    for (let at = events.length - 1; at >= 0 && found.length < count; at--) {
      const event = events[at]
      if (event !== undefined && this.#matches(event)) found.push(event)
    }
    return found.reverse()
  }

  add(event: LiveEvent): void {
    if (this.#matches(event)) this.#fresh.push(event)
  }

  /** So many were left out before they came here. */
  miss(count: number): void {
    this.#dropped += count
  }

  /**
   * Tells what came since the last time, `seconds` ago: at most `budget` events a second. Of the events that came here
   * one in `looked` was looked at.
   */
  tell(counts: Counts, seconds: number, budget: number, looked: number): void {
    this.#allowance = Math.min(budget, this.#allowance + budget * seconds)
    const events = this.#choose(looked)
    const dropped = this.#dropped
    this.#dropped = 0
    const figures: Figures = { ...counts, sample: this.#sample }
    const hasNews = events.length > 0 || dropped > 0
    const isDue = this.#isDue(counts, seconds, hasNews)
    const messages = hasNews || isDue ? messagesOf(figures, dropped, events) : []
    for (const client of this.clients) {
      if (client.isAbreast) for (const message of messages) client.send(message)
      else {
        client.keep(events, dropped)
        if (!client.isPaused || isDue) client.catchUp(figures)
      }
    }
  }

  /** What a new client is told at once, beside what waits for it already. */
  figures(counts: Counts): Figures {
    if (this.clients.size === 1) this.#told = counts
    return { ...counts, sample: this.#sample }
  }

  #choose(looked: number): ReadonlyArray<string> {
    if (this.#fresh.isEmpty || this.#allowance < 1) return []
    const { items, every } = this.#fresh.take(Math.floor(this.#allowance))
    this.#allowance -= items.length
    this.#sample = every * looked
    const texts: Array<string> = []
    let chars = 0
    for (let at = items.length - 1; at >= 0; at--) {
      const text = items[at]?.text ?? ""
      chars += text.length
      if (texts.length > 0 && chars > maxChars) {
        this.#dropped += at + 1
        break
      }
      texts.push(text)
    }
    return texts.reverse()
  }

  #isDue(counts: Counts, seconds: number, hasNews: boolean): boolean {
    this.#quietFor += seconds
    const isNew = counts.total !== this.#told.total || counts.rate !== this.#told.rate
    if (!isNew || (!hasNews && this.#quietFor < figuresEvery)) return false
    this.#told = counts
    this.#quietFor = 0
    return true
  }
}
