/**
 * The series of a queue and its ledger, as one drainer exports them for all: their names, and their values at a moment. The
 * values are those of `bun run ledger`. They are 0 in the drainers that do not hold the figures' lease. The series live as
 * long as the process.
 */
import { type Context, Metric } from "effect"
import type { HeldFigures, QueueLedger } from "../../bridge/ingest-queue/service.ts"
import type { Topic } from "../../contracts/ids.ts"
import { addUp, discrepancies } from "../inspect/ledger/reconcile.ts"
import type { Ledger, LedgerTotals } from "../inspect/ledger/types.ts"
import type { Topics } from "../transform/topics.ts"

const waitingLines = Metric.gauge("spoor_queue_waiting_lines", { description: "Lines that are not claimed." })
const waitingBytes = Metric.gauge("spoor_queue_waiting_bytes", {
  description: "Estimated size of the lines that are not claimed, as QUEUE_MAX_BYTES limits it."
})
const oldestWaiting = Metric.gauge("spoor_queue_oldest_waiting_age_seconds", {
  description: "Time since the edge received the line at the head of the queue, by the time in the line."
})
const inFlightLines = Metric.gauge("spoor_queue_in_flight_lines", {
  description: "Lines that are claimed and not settled, those of released batches included."
})
const inFlightBatches = Metric.gauge("spoor_queue_in_flight_batches", {
  description: "Batches that are claimed and not settled; each part of a split batch counts."
})
const oldestInFlight = Metric.gauge("spoor_queue_oldest_in_flight_age_seconds", {
  description: "Time since the oldest batch in flight was first claimed."
})
const deadLetters = Metric.gauge("spoor_queue_dead_letters", {
  description: "Dead letters in the list, those of other programs included."
})
const memoryUsed = Metric.gauge("spoor_queue_memory_used_bytes", {
  description: "Memory that the queue's Redis uses; 0 for a file."
})
const memoryMax = Metric.gauge("spoor_queue_memory_max_bytes", {
  description: "The maxmemory of the queue's Redis; 0 for no limit, and for a file."
})
const held = Metric.gauge("spoor_queue_figures_held", {
  description: "1 in the drainer that exports the figures of the queue. A sum of 0: nobody reads them now."
})
const ledgerLines = Metric.gauge("spoor_ledger_lines", {
  description:
    "Lines by topic and state: received, stored, dead_lettered, discarded, waiting, in_flight; replayed, which is not part of the sum; and on an edge forwarded, a part of stored. Topic (not read yet): too many lines to read their topics."
})
const discrepancy = Metric.gauge("spoor_ledger_discrepancy_lines", {
  description:
    "Lines that do not add up: received - stored - dead-lettered of a topic; topic (all): lines of the queue that were deleted, or counts that were changed."
})

/** The states in `spoor_ledger_lines`, and the totals that they are. */
const states = {
  received: "received",
  stored: "stored",
  dead: "dead_lettered",
  discarded: "discarded",
  replayed: "replayed",
  waiting: "waiting",
  inFlight: "in_flight",
  forwarded: "forwarded"
} as const satisfies Readonly<Record<keyof LedgerTotals, string>>

/** As the ledger calls lines of unknown topic, and lines of all topics: no topic can have such a name. */
const [notRead, allTopics] = ["(not read yet)", "(all)"]

/** What the holder of the lease has read of the queue: without its lines, which are only needed for their topics. */
export interface QueueReading {
  readonly queue: Omit<QueueLedger, "lines" | "topics">
  readonly topics: Ledger["topics"]
  readonly unread: { readonly waiting: number; readonly inFlight: number }
  readonly discrepancies: ReadonlyMap<Topic | undefined, number>
}

export type QueueMemory = Pick<HeldFigures, "memoryUsed" | "memoryMax">

/** The reading of a ledger, with its lines counted by topic. */
export const readingOf = (ledger: QueueLedger, topics: Topics): QueueReading => {
  const { lines: _, topics: __, ...queue } = ledger
  const counted = addUp(0, [{ kind: "", address: "", queue: ledger, trouble: undefined }], topics)
  return {
    queue,
    topics: counted.topics,
    unread: counted.unread ?? { waiting: 0, inFlight: 0 },
    discrepancies: discrepancies(ledger)
  }
}

/** The series of one queue. */
export interface QueueSeries {
  /** Sets them to what was read `elapsedMs` milliseconds ago; ages have grown since. */
  readonly show: (reading: QueueReading, memory: QueueMemory, elapsedMs: number) => void
  /** Sets them to 0: another drainer exports them. */
  readonly clear: () => void
}

type Labels = Readonly<Record<string, string>>

/** The series of the queue of that name, at 0. `registry` keeps the metrics. */
export const queueSeries = (queue: string, topics: Topics, registry: Context.Context<never>): QueueSeries => {
  const known = new Map<string, Metric.Gauge<number>>()
  let touched = new Set<string>()
  const set = (gauge: Metric.Gauge<number>, value: number, labels: Labels = {}): void => {
    const name = [gauge.id, ...Object.values(labels)].join(" ")
    const series = known.get(name) ?? Metric.withAttributes(gauge, { queue, ...labels })
    known.set(name, series)
    touched.add(name)
    series.updateUnsafe(value, registry)
  }
  const showLedger = ({ topics: rows, unread, discrepancies }: QueueReading): void => {
    for (const row of rows)
      for (const [total, state] of entries)
        if (row[total] !== undefined) set(ledgerLines, row[total], { topic: row.topic, state })
    if (unread.waiting + unread.inFlight > 0) {
      set(ledgerLines, unread.waiting + unread.inFlight, { topic: notRead, state: states.received })
      set(ledgerLines, unread.waiting, { topic: notRead, state: states.waiting })
      set(ledgerLines, unread.inFlight, { topic: notRead, state: states.inFlight })
    }
    for (const [topic, lines] of discrepancies) set(discrepancy, lines, { topic: topic ?? allTopics })
  }
  const showQueue = (ledger: QueueReading["queue"], elapsedMs: number): void => {
    set(held, 1)
    set(waitingLines, ledger.waiting)
    set(waitingBytes, ledger.waitingBytes)
    set(oldestWaiting, ageOf(ledger.oldestWaiting, elapsedMs))
    set(inFlightLines, ledger.inFlight)
    set(inFlightBatches, ledger.inFlightBatches)
    set(oldestInFlight, ageOf(ledger.oldestInFlight, elapsedMs))
    set(deadLetters, ledger.deadLetters)
  }
  const clear = (): void => {
    for (const series of known.values()) series.updateUnsafe(0, registry)
  }
  showQueue(nothing, 0)
  set(memoryUsed, 0)
  set(memoryMax, 0)
  for (const topic of topics.all) {
    // Only an edge that forwards has the series of forwarded lines.
    for (const [total, state] of entries) if (total !== "forwarded") set(ledgerLines, 0, { topic, state })
    set(discrepancy, 0, { topic })
  }
  set(discrepancy, 0, { topic: allTopics })
  clear()

  return {
    show: (reading, memory, elapsedMs) => {
      touched = new Set()
      showQueue(reading.queue, elapsedMs)
      set(memoryUsed, memory.memoryUsed)
      set(memoryMax, memory.memoryMax)
      showLedger(reading)
      for (const [name, series] of known) if (!touched.has(name)) series.updateUnsafe(0, registry)
    },
    clear
  }
}

const entries = Object.entries(states) as ReadonlyArray<
  readonly [keyof LedgerTotals, (typeof states)[keyof LedgerTotals]]
>

/** Seconds; 0 when there is nothing that could have an age. */
const ageOf = (age: number | undefined, elapsedMs: number): number =>
  age === undefined ? 0 : (age + elapsedMs) / 1000

const nothing: QueueReading["queue"] = {
  ...{ since: undefined, pushed: 0, taken: 0, waiting: 0, waitingBytes: 0, inFlight: 0 },
  ...{ inFlightBatches: 0, deadLetters: 0, foreignGone: 0 }
}
