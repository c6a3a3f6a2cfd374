/** The ledger's arithmetic: a balanced ledger is reported as such, and each discrepancy with its number. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { addUp, type QueueCount } from "../../../../actors/inspect/ledger/reconcile.ts"
import type { LedgerTotals } from "../../../../actors/inspect/ledger/types.ts"
import type { Topics } from "../../../../actors/transform/topics.ts"
import type { QueueLedger } from "../../../../bridge/ingest-queue/service.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { Topic } from "../../../../contracts/ids.ts"

const topicsNamed = (standard: string, ...others: ReadonlyArray<string>): Topics => ({
  standard: standard as Topic,
  allowed: new Set(others),
  all: [standard, ...others].map((name) => name as Topic)
})
const one = topicsNamed("events")
const two = topicsNamed("events", "clicks")

const account = (topic: string, received: number, dead = 0, replayed = 0, discarded = 0) => ({
  topic: topic as Topic,
  received,
  stored: received - dead,
  dead,
  replayed,
  discarded
})

/** A balanced queue: all lines were pushed by Spoor. */
const queue = (given: Partial<QueueLedger> = {}): QueueLedger => {
  const { topics = [], waiting = 0, inFlight = 0 } = given
  const taken = topics.reduce((sum, { received }) => sum + received, inFlight)
  return {
    since: 1_000,
    pushed: taken + waiting,
    taken,
    topics,
    waiting,
    inFlight,
    deadLetters: topics.reduce((sum, { dead, replayed, discarded }) => sum + dead - replayed - discarded, 0),
    foreignGone: 0,
    inFlightBatches: inFlight === 0 ? 0 : 1,
    waitingBytes: waiting * 100,
    lines: undefined,
    ...given
  }
}

const counted = (ledger: QueueLedger, address = "redis-1"): QueueCount => ({
  kind: "redis",
  address,
  queue: ledger,
  trouble: undefined
})

describe("a ledger that balances", () => {
  test("received = stored + dead + discarded + waiting + in flight, replays counted once", () => {
    const ledger = addUp(
      5,
      [counted(queue({ topics: [account("events", 12, 5, 2, 1)], waiting: 3, inFlight: 4 }))],
      one
    )
    // 12 were settled, 2 of them for the second time.
    expect(ledger.total).toEqual({
      received: 17,
      stored: 7,
      dead: 2,
      discarded: 1,
      waiting: 3,
      inFlight: 4,
      replayed: 2
    })
    expect(ledger.topics).toEqual([{ topic: "events" as Topic, ...(ledger.total as LedgerTotals) }])
    expect(ledger).toMatchObject({ at: 5, since: 1_000, fromOthers: 0, warnings: [], balanced: true })
  })

  test("waiting lines and lines in flight are read to determine their topics", () => {
    const lines = {
      waiting: ["1.2.3.4 1 clicks /c p", "", "1.2.3.4 1 other /c p"],
      inFlight: ["1.2.3.4 1 clicks /c p", "1.2.3.4 1 host pod /c e"]
    } as unknown as { waiting: ReadonlyArray<ByteString>; inFlight: ReadonlyArray<ByteString> }
    const ledger = addUp(5, [counted(queue({ waiting: 3, inFlight: 2, lines }))], two)
    expect(ledger.topics).toMatchObject([
      { topic: "clicks", received: 2, waiting: 1, inFlight: 1 },
      { topic: "events", received: 3, waiting: 2, inFlight: 1 }
    ])
    expect(ledger).toMatchObject({ unread: { waiting: 0, inFlight: 0 }, balanced: true })
  })

  test("too many lines to read are in a row of their own", () => {
    const ledger = addUp(5, [counted(queue({ waiting: 30_000, inFlight: 2_000 }))], two)
    expect(ledger.unread).toEqual({ waiting: 30_000, inFlight: 2_000 })
    expect(ledger.total).toMatchObject({ received: 32_000, waiting: 30_000, inFlight: 2_000 })
    expect(ledger).toMatchObject({ topics: [], balanced: true })
  })

  test("several queues are combined; an unreachable one is named and the others count", () => {
    const ledger = addUp(
      5,
      [
        counted(queue({ topics: [account("events", 2)], since: 10 })),
        { kind: "redis", address: "redis-2", queue: undefined, trouble: "It is unreachable." },
        counted(queue({ topics: [account("events", 3), account("clicks", 4)], since: 20 }), "redis-3")
      ],
      two
    )
    expect(ledger.topics).toMatchObject([
      { topic: "clicks", received: 4 },
      { topic: "events", received: 5 }
    ])
    expect(ledger).toMatchObject({ since: 20, balanced: true, complete: false })
    expect(ledger.queues[1]).toMatchObject({
      address: "redis-2",
      trouble: "It is unreachable.",
      account: undefined
    })
  })

  test("lines pushed by other programs are reported without a warning", () => {
    const ledger = addUp(5, [counted(queue({ topics: [account("events", 9)], waiting: 1, pushed: 4 }))], one)
    expect(ledger).toMatchObject({ fromOthers: 6, balanced: true, warnings: [] })
  })

  test("topics and unread lines always add up to the total", () => {
    const few = fc.nat({ max: 50 })
    const topic = fc.record({
      topic: fc.constantFrom("events", "clicks", "other"),
      stored: few,
      dead: few,
      replayed: few,
      discarded: few
    })
    const anyQueue = fc.record({
      topics: fc.uniqueArray(topic, { selector: (row) => row.topic, maxLength: 3 }),
      waiting: few,
      inFlight: few
    })
    fc.assert(
      fc.property(fc.array(anyQueue, { maxLength: 3 }), fc.boolean(), (queues, isOne) => {
        const counts = queues.map(({ topics, ...rest }) =>
          counted(
            queue({
              ...rest,
              topics: topics.map((row) => ({
                ...row,
                topic: row.topic as Topic,
                received: row.stored + row.dead,
                replayed: Math.min(row.replayed, row.dead),
                discarded: Math.min(row.discarded, row.dead - Math.min(row.replayed, row.dead))
              }))
            })
          )
        )
        const { total, topics, unread, balanced, warnings } = addUp(5, counts, isOne ? one : two)
        if (total === null || unread === null) throw new Error("every queue was counted")
        expect(warnings).toEqual([])
        expect(balanced).toBe(true)
        expect(total.received).toBe(
          total.stored + total.dead + total.discarded + total.waiting + total.inFlight
        )
        for (const row of topics) {
          expect(row.received).toBe(row.stored + row.dead + row.discarded + row.waiting + row.inFlight)
        }
        const sum = topics.reduce((all, { received }) => all + received, unread.waiting + unread.inFlight)
        expect(sum).toBe(total.received)
      })
    )
  })
})

test("if no queue can be read, the figures are unknown and not 0", () => {
  const away = (address: string): QueueCount => ({
    kind: "redis",
    address,
    trouble: "It is unreachable.",
    queue: undefined
  })
  const none = addUp(5, [away("redis-1"), away("redis-2")], one)
  expect(none).toMatchObject({ total: null, unread: null, fromOthers: null, balanced: null, complete: false })
  expect(none.queues.map(({ deadLetters }) => deadLetters)).toEqual([null, null])
  const some = addUp(5, [away("redis-1"), counted(queue({ waiting: 2, pushed: 2 }))], one)
  expect(some).toMatchObject({ total: { received: 2, waiting: 2 }, balanced: true, complete: false })
})

describe("a ledger that does not balance reports the difference", () => {
  const summaryOf = (ledger: Partial<QueueLedger>) => {
    const { warnings, balanced } = addUp(5, [counted(queue(ledger))], one)
    return { warnings, balanced }
  }

  for (const [what, ledger, sentence] of [
    [
      "a claimed batch that is gone",
      { taken: 13, pushed: 13, topics: [account("events", 10)] },
      "redis-1: 3 lines are claimed but neither settled nor in flight: a claimed batch was deleted."
    ],
    [
      "counts that were lost",
      { taken: 9, pushed: 9, topics: [account("events", 10)] },
      "redis-1: 1 line is settled or in flight without having been claimed: its counts were changed or lost."
    ],
    [
      "a line that was taken from the list",
      { pushed: 11, topics: [account("events", 10)] },
      "redis-1: 1 line is missing that Spoor pushed: another program removed them from the list."
    ],
    [
      "a topic whose receipts do not match",
      { topics: [{ ...account("events", 10), stored: 8 }] },
      "redis-1: of topic events 10 were received, but 8 stored and 0 dead-lettered."
    ],
    [
      "dead letters that are gone",
      { topics: [account("events", 10, 4)], deadLetters: 1 },
      "redis-1: the list of dead letters has 1, 3 fewer than were added: it was edited by hand."
    ]
  ] as const) {
    test(what, () => expect(summaryOf(ledger)).toEqual({ warnings: [sentence], balanced: false }))
  }

  test("dead letters of another program give a sentence, but nothing is missing", () => {
    const { warnings, balanced } = summaryOf({ topics: [account("events", 10, 4)], deadLetters: 6 })
    expect(warnings[0]).toContain("2 more than were added")
    expect(balanced).toBe(true)
  })
})
