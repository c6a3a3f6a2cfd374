/**
 * What flows, for those who watch. Lives as long as the viewer; while nobody watches it only keeps the last records as
 * they are. Watching is at most once and never in the way of reading: whatever comes, a bounded number of events a
 * second is chosen and written, and those who watch the same share it.
 */
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import type { Copies, CopyStage } from "../../../contracts/event-copy.ts"
import { filterNames } from "../../inspect/events/filter.ts"
import { type Mask, noMask } from "../../inspect/events/mask.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import { copiedRecords, feedRecord } from "../../inspect/events/staged-event.ts"
import { LiveChannel } from "./channel.ts"
import { LiveEvent } from "./event.ts"
import { Rate } from "./rate.ts"
import { LiveHistory } from "./recent-events.ts"
import { LiveClient, type Recipient } from "./subscriber.ts"

export interface FeedLimits {
  /** Events of a stage kept for those who come later, and the bytes that they may weigh. */
  readonly history: number
  readonly historyBytes: number
  /** Of these, so many are told to one who comes. */
  readonly first: number
  /** Events a second that one client is told, and that all are told together. */
  readonly perClient: number
  readonly together: number
  /** Comparisons of an event with a filter in a second; beyond it only some events are compared. */
  readonly comparisons: number
  /** Milliseconds between messages. */
  readonly interval: number
}

export const standardLimits: FeedLimits = {
  history: 500,
  historyBytes: 8 * 1024 * 1024,
  first: 200,
  perClient: 200,
  together: 20_000,
  comparisons: 250_000,
  interval: 200
}

export interface Watch {
  readonly pause: () => void
  readonly resume: () => void
  readonly close: () => void
}

export interface LiveFeed {
  /** Records that came out of the log. */
  readonly add: (batch: RecordBatch) => void
  /** Copies of what flows at the other stages. */
  readonly addCopies: (copies: Copies) => void
  /** Events of the log so far. */
  readonly total: () => number
  readonly watchers: () => number
  /** The stages beside the log's that somebody watches; `changed` is called when others are, and with the first and last watcher. */
  readonly stages: () => ReadonlyArray<CopyStage>
  readonly onStages: (changed: () => void) => void
  /** Begins with what is kept that matches. */
  readonly watch: (filter: Filter, recipient: Recipient) => Watch
}

/** While the log cannot be read (`isReading`), how much comes out of it is not known. */
export const liveFeed = (
  mask: Mask = noMask,
  limits: FeedLimits = standardLimits,
  isReading: () => boolean = () => true
): LiveFeed => {
  const channels = new Map<string, LiveChannel>()
  const histories = new Map<CopyStage, LiveHistory>()
  const rate = new Rate()
  let total = 0
  let watchers = 0
  let timer: ReturnType<typeof setInterval> | undefined
  let toldAt = 0
  let stagesChanged = (): void => {}
  /** One event in so many is compared with the filters, of those that came; and how often that was done. */
  let looked = 1
  let came = 0
  let compared = 0

  const counts = () => ({ total, rate: isReading() ? rate.at(performance.now()) : null })

  const watching = (stage: CopyStage): ReadonlyArray<LiveChannel> =>
    [...channels.values()].filter((channel) => channel.stage === stage)

  const historyOf = (stage: CopyStage): LiveHistory => {
    const known = histories.get(stage) ?? new LiveHistory(limits.history, limits.historyBytes)
    histories.set(stage, known)
    return known
  }

  const put = (stage: CopyStage, events: ReadonlyArray<LiveEvent>, to: ReadonlyArray<LiveChannel>): void => {
    historyOf(stage).add(events)
    for (const event of events) {
      if (came++ % looked !== 0) continue
      compared += to.length
      for (const channel of to) channel.add(event)
    }
  }

  const tell = (): void => {
    const now = performance.now()
    const seconds = Math.max(1, now - toldAt) / 1_000
    toldAt = now
    const budget = Math.max(1, Math.min(limits.perClient, limits.together / watchers))
    const told = counts()
    for (const channel of channels.values()) channel.tell(told, seconds, budget, looked)
    const needed = Math.ceil((compared * looked) / (limits.comparisons * seconds))
    // Batches come in bursts: a moment without events must not make the next burst be compared whole.
    looked = Math.max(1, needed, Math.floor(looked / 2))
    compared = 0
  }

  const leave = (key: string, channel: LiveChannel, client: LiveClient): void => {
    if (!channel.clients.delete(client)) return
    watchers -= 1
    if (channel.clients.size === 0) channels.delete(key)
    if (channels.size === 0) {
      clearInterval(timer)
      timer = undefined
      looked = 1
    }
    const isStageOver = channel.stage !== "stored" && watching(channel.stage).length === 0
    if (isStageOver) histories.delete(channel.stage)
    if (isStageOver || watchers === 0) stagesChanged()
  }

  return {
    add: ({ topic, partition, records }) => {
      total += records.length
      rate.add(records.length, performance.now())
      const to = watching("stored")
      const place = { topic, partition }
      const wanted = to.length > 0 ? records : records.slice(-limits.history)
      const events = wanted.map(
        (record) => new LiveEvent(() => feedRecord(place, record), record.value.byteLength, mask)
      )
      put("stored", events, to)
    },
    addCopies: (copies) => {
      const to = watching(copies.stage)
      if (to.length === 0) return
      for (const channel of to) channel.miss(copies.dropped)
      const events = copiedRecords(copies).map(
        (record) => new LiveEvent(() => record, record.value.length, mask)
      )
      put(copies.stage, events, to)
    },
    total: () => total,
    watchers: () => watchers,
    stages: () =>
      [...new Set([...channels.values()].map(({ stage }) => stage))].filter((stage) => stage !== "stored"),
    onStages: (changed) => {
      stagesChanged = changed
    },
    watch: (filter, recipient) => {
      const key = keyOf(filter)
      const channel = channels.get(key) ?? new LiveChannel(filter)
      const isNewStage = channel.stage !== "stored" && watching(channel.stage).length === 0
      channels.set(key, channel)
      const client = new LiveClient(recipient)
      channel.clients.add(client)
      watchers += 1
      client.keep(
        channel.pick(historyOf(channel.stage).events, limits.first).map(({ text }) => text),
        0
      )
      client.greet(channel.figures(counts()))
      if (timer === undefined) {
        toldAt = performance.now()
        timer = setInterval(tell, limits.interval)
      }
      if (isNewStage || watchers === 1) stagesChanged()
      return {
        pause: () => {
          client.isPaused = true
        },
        resume: () => {
          client.isPaused = false
        },
        close: () => leave(key, channel, client)
      }
    }
  }
}

/** The same for filters that ask for the same. */
const keyOf = (filter: Filter): string =>
  JSON.stringify(filterNames.map((name) => (filter[name] ?? "").trim().toLowerCase()))
