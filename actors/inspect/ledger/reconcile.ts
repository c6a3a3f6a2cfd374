/**
 * The ledger's arithmetic: combines the counts of all queues into totals, with a sentence for each discrepancy. Claimed
 * lines are counted at the claim, their outcome when they are settled, and those in between where they are: three
 * independent counts that agree only if no line is lost. Pure.
 */
import type { QueueLedger } from "../../../bridge/ingest-queue/service.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { type Topics, topicOf } from "../../transform/topics.ts"
import type { Ledger, LedgerTotals, QueueRow } from "./types.ts"

/** The part of the ledger about queues. */
export type QueuesLedger = Omit<Ledger, "reactions" | "reactionsTotal" | "reactionsTrouble">

/** The counts of one queue server, or its error. */
export type QueueCount = { readonly kind: string; readonly address: string } & (
  | { readonly queue: QueueLedger; readonly trouble: undefined }
  | { readonly queue: undefined; readonly trouble: string }
)

/** The totals of all queues; `at`: when they were read, milliseconds since 1970. Never throws. */
export const addUp = (at: number, counts: ReadonlyArray<QueueCount>, topics: Topics): QueuesLedger => {
  const total = emptyTotals()
  const rows = new Map<Topic, Mutable<LedgerTotals>>()
  const unread = { waiting: 0, inFlight: 0 }
  const queues: Array<QueueRow> = []
  const warnings: Array<string> = []
  let fromOthers = 0
  let balanced = true

  for (const { kind, address, trouble, queue } of counts) {
    if (queue === undefined) {
      queues.push({
        ...{ kind, address, trouble, since: undefined, account: undefined },
        ...{ deadLetters: null, content: undefined }
      })
      continue
    }
    const findings = check(queue, address)
    warnings.push(...findings.map(({ sentence }) => sentence))
    balanced &&= !findings.some(({ isLoss }) => isLoss)
    fromOthers += Math.max(0, queue.taken + queue.waiting - queue.pushed)

    const account = totalsOf(queue)
    addTo(total, account)
    addTopics(rows, queue)
    addOpenLines(rows, unread, queue, topics)
    const { since, deadLetters, waitingBytes, oldestWaiting, inFlightBatches, oldestInFlight } = queue
    const content = { waitingBytes, oldestWaiting, inFlightBatches, oldestInFlight }
    queues.push({ kind, address, trouble, since, account, deadLetters, content })
  }

  const isCounted = queues.length === 0 || queues.some(({ account }) => account !== undefined)
  const sinces = queues.flatMap(({ since }) => (since === undefined ? [] : [since]))
  return {
    at,
    since: sinces.length === 0 ? undefined : Math.max(...sinces),
    total: isCounted ? total : null,
    topics: Array.from(rows, ([topic, account]) => ({ topic, ...account })).sort((a, b) =>
      a.topic < b.topic ? -1 : 1
    ),
    unread: isCounted ? unread : null,
    fromOthers: isCounted ? fromOthers : null,
    queues,
    warnings,
    balanced: isCounted ? balanced : null,
    complete: queues.every(({ trouble }) => trouble === undefined)
  }
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

const emptyTotals = (): Mutable<LedgerTotals> => ({
  received: 0,
  stored: 0,
  dead: 0,
  discarded: 0,
  waiting: 0,
  inFlight: 0,
  replayed: 0
})

const addTo = (sum: Mutable<LedgerTotals>, more: LedgerTotals): void => {
  sum.received += more.received
  sum.stored += more.stored
  sum.dead += more.dead
  sum.discarded += more.discarded
  sum.waiting += more.waiting
  sum.inFlight += more.inFlight
  sum.replayed += more.replayed
  if (more.forwarded !== undefined) sum.forwarded = (sum.forwarded ?? 0) + more.forwarded
}

/** `received` is calculated from the lines taken out of the list, not from their outcomes. */
const totalsOf = (queue: QueueLedger): LedgerTotals => {
  const account = emptyTotals()
  for (const topic of queue.topics) addTo(account, settledOf(topic))
  return {
    ...account,
    received: queue.taken - account.replayed + queue.waiting,
    waiting: queue.waiting,
    inFlight: queue.inFlight
  }
}

/** A replayed line is received and settled again later, so its first settlement as a dead letter is subtracted. */
const settledOf = ({
  received,
  stored,
  dead,
  replayed,
  discarded,
  forwarded
}: QueueLedger["topics"][number]): LedgerTotals => ({
  received: received - replayed,
  stored,
  dead: dead - replayed - discarded,
  discarded,
  replayed,
  waiting: 0,
  inFlight: 0,
  ...(forwarded === undefined ? {} : { forwarded })
})

const rowOf = (rows: Map<Topic, Mutable<LedgerTotals>>, topic: Topic): Mutable<LedgerTotals> => {
  const known = rows.get(topic)
  if (known !== undefined) return known
  const row = emptyTotals()
  rows.set(topic, row)
  return row
}

const addTopics = (rows: Map<Topic, Mutable<LedgerTotals>>, queue: QueueLedger): void => {
  for (const topic of queue.topics) addTo(rowOf(rows, topic.topic), settledOf(topic))
}

const addOpenLines = (
  rows: Map<Topic, Mutable<LedgerTotals>>,
  unread: { waiting: number; inFlight: number },
  { waiting, inFlight, lines }: QueueLedger,
  topics: Topics
): void => {
  const add = (topic: Topic, where: "waiting" | "inFlight", count: number): void => {
    if (count === 0) return
    const row = rowOf(rows, topic)
    row[where] += count
    row.received += count
  }
  if (topics.all.length === 1) {
    add(topics.standard, "waiting", waiting)
    add(topics.standard, "inFlight", inFlight)
  } else if (lines === undefined) {
    unread.waiting += waiting
    unread.inFlight += inFlight
  } else {
    for (const line of lines.waiting) add(topicOf(line, topics), "waiting", 1)
    for (const line of lines.inFlight) add(topicOf(line, topics), "inFlight", 1)
  }
}

interface Finding {
  readonly sentence: string
  /** False for information that does not mean a loss. */
  readonly isLoss: boolean
  /** The number of lines that do not add up, at least 1, and their topic, if it is that of one topic. */
  readonly lines: number
  readonly topic: Topic | undefined
}

/** The lines of one queue that do not add up: by topic, and under `undefined` those of no single topic. */
export const discrepancies = (queue: QueueLedger): ReadonlyMap<Topic | undefined, number> => {
  const found = new Map<Topic | undefined, number>()
  for (const { isLoss, lines, topic } of check(queue, ""))
    if (isLoss) found.set(topic, (found.get(topic) ?? 0) + lines)
  return found
}

/** All discrepancies of one queue. */
const check = (queue: QueueLedger, address: string): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const find = (isLoss: boolean, sentence: string, difference: number, topic?: Topic): void => {
    findings.push({ isLoss, sentence, lines: Math.abs(difference), topic })
  }
  const settled = queue.topics.reduce((sum, { received }) => sum + received, 0)
  const open = queue.taken - settled - queue.inFlight
  if (open > 0) {
    find(
      true,
      `${address}: ${lines(open)} claimed but neither settled nor in flight: a claimed batch was deleted.`,
      open
    )
  }
  if (open < 0) {
    find(
      true,
      `${address}: ${lines(-open)} settled or in flight without having been claimed: its counts were changed or lost.`,
      open
    )
  }
  const others = queue.taken + queue.waiting - queue.pushed
  if (others < 0) {
    find(
      true,
      `${address}: ${lines(-others)} missing that Spoor pushed: another program removed them from the list.`,
      others
    )
  }
  for (const { topic, received, stored, dead } of queue.topics) {
    if (received === stored + dead) continue
    find(
      true,
      `${address}: of topic ${topic} ${received} were received, but ${stored} stored and ${dead} dead-lettered.`,
      received - stored - dead,
      topic
    )
  }
  const counted = queue.topics.reduce(
    (sum, { dead, replayed, discarded }) => sum + dead - replayed - discarded,
    0
  )
  const difference = queue.deadLetters - counted
  if (difference < 0) {
    find(
      true,
      `${address}: the list of dead letters has ${queue.deadLetters}, ${-difference} fewer than were added: it was edited by hand.`,
      difference
    )
  }
  if (difference > 0) {
    find(
      false,
      `${address}: the list of dead letters has ${queue.deadLetters}, ${difference} more than were added since counting began: another program adds to it, or they are older.`,
      difference
    )
  }
  return findings
}

const lines = (count: number): string => (count === 1 ? "1 line is" : `${count} lines are`)
