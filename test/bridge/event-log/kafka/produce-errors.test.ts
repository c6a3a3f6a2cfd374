/** Every answer of Kafka to a produce request, played by a broker of the test's own: what becomes of the batch. */
import { describe, expect, test } from "bun:test"
import { Context, Effect, Exit } from "effect"
import { makeAppend } from "../../../../bridge/event-log/kafka/append.ts"
import type { Cluster } from "../../../../bridge/event-log/kafka/cluster.ts"
import { type Broker, type Request, requests } from "../../../../bridge/event-log/kafka/connection.ts"
import {
  errorOfCode,
  type Kind,
  kinds,
  produceErrors
} from "../../../../bridge/event-log/kafka/produce-errors.ts"
import { forgottenAfter, makeRefusals } from "../../../../bridge/event-log/kafka/topic-refusals.ts"
import { readProduced, type ToProduce } from "../../../../bridge/event-log/kafka/wire/produce-request.ts"
import { makeOutage } from "../../../../bridge/outage.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { record } from "../../../support/logs.ts"

/** By the numbers of the protocol's guide. */
const expected: Readonly<Record<Exclude<Kind, "outage">, ReadonlyArray<number>>> = {
  size: [10, 18],
  record: [2, 87],
  topic: [3, 17, 21, 29, 31, 32, 33, 34, 35, 40, 42, 43, 44, 53, 54, 58, 76]
}
const kindOf = (code: number): Kind =>
  expected.size.includes(code)
    ? "size"
    : expected.record.includes(code)
      ? "record"
      : expected.topic.includes(code)
        ? "topic"
        : "outage"

/** After these the records may stand in the log; also after one that nobody knows. */
const unclear = [-1, 7, 13, 20, 45, 46, 56, 89]

interface Answer {
  readonly code: number
  readonly message?: string
  readonly records?: ReadonlyArray<readonly [place: number, message: string | null]>
}

const text = (said: string | null): Buffer => {
  if (said === null) return Buffer.from([255, 255])
  const bytes = Buffer.from(said)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

/** An answer as a broker writes it. */
const written = ({ code, message, records = [] }: Answer, version: number): Buffer => {
  const numbers = (...of: ReadonlyArray<readonly [bits: 16 | 32 | 64, value: number]>): Buffer =>
    Buffer.concat(
      of.map(([bits, value]) => {
        const bytes = Buffer.alloc(bits / 8)
        if (bits === 64) bytes.writeBigInt64BE(BigInt(value))
        else bytes.writeIntBE(value, 0, bits / 8)
        return bytes
      })
    )
  return Buffer.concat([
    numbers([32, 1]),
    text("events"),
    numbers([32, 1], [32, 0], [16, code], [64, code === 0 ? 5 : -1], [64, -1]),
    ...(version >= 5 ? [numbers([64, 0])] : []),
    ...(version >= 8
      ? [
          numbers([32, records.length]),
          ...records.flatMap(([place, said]) => [numbers([32, place]), text(said)]),
          text(message ?? null)
        ]
      : []),
    numbers([32, 17])
  ])
}

/** A log on a broker that answers so, by the texts of the records that it is sent. */
const logOn = (answer: (texts: ReadonlyArray<string>) => Answer, version = 8, hasKeys = true) => {
  const sent: Array<ReadonlyArray<string>> = []
  let connections = 0
  const broker = {
    call: async (request: Request<[ToProduce], unknown>, { batch }: ToProduce) => {
      expect(request).toBe(requests.produce)
      const texts = [...batch.toString("latin1").matchAll(/text \w+/g)].map(([found]) => found)
      sent.push(texts)
      return readProduced(written(answer(texts), version), version)
    }
  } as unknown as Broker
  const cluster = { leaderOf: async () => broker } as unknown as Cluster
  const refusals = makeRefusals(Context.empty())
  const append = makeAppend({
    producer: {
      connected: Effect.succeed(cluster),
      use: () => Effect.die("not used"),
      replace: () => {
        connections += 1
      }
    },
    topics: {
      partitions: () => Effect.succeed(1),
      forget: () => {},
      ensure: () => Effect.void,
      counts: () => Effect.succeed(new Map()),
      extents: () => Effect.succeed([])
    },
    compression: "none",
    refusals,
    appending: makeOutage({ name: "Kafka", log: () => undefined }).operation(),
    keys: { areGiven: hasKeys }
  })
  return { append, refusals, sent, replaced: () => connections }
}

const topic = "events" as Topic
const records = (count: number) =>
  Array.from({ length: count }, (_, i) => record(topic, `text ${i}`, { headers: { id: `b-${i}` } }))

describe("every answer in the table", () => {
  test("is of the kind that this test says, with a sentence for people", () => {
    for (let code = -1; code < 200; code++) {
      if (code === 0) continue
      const { kind, mayBeStored, means, act } = errorOfCode(code)
      expect([code, kind]).toEqual([code, kindOf(code)])
      expect([code, mayBeStored]).toEqual([
        code,
        unclear.includes(code) || !produceErrors.some((one) => one.code === code)
      ])
      expect(means).not.toBe("")
      expect([code, act === undefined]).toEqual([code, kind !== "topic"])
    }
    expect(new Set(produceErrors.map(({ code }) => code)).size).toBe(produceErrors.length)
    expect(new Set(produceErrors.map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds) as Array<Kind>))
  })

  for (const { code, name, kind, believedAfter = 1 } of [...produceErrors, errorOfCode(999)]) {
    test(`${name} is ${kind}`, async () => {
      let answers = 0
      const log = logOn((texts) => {
        answers += 1
        // Outages end, and what is damaged on its way arrives the next time.
        if (kind === "outage") return { code: answers === 1 ? code : 0 }
        return { code: kind === "topic" || texts.includes("text 1") ? code : 0 }
      })
      const exit = await Effect.runPromiseExit(log.append(records(3), "a"))
      if (kind === "topic") {
        expect(Exit.isFailure(exit)).toBe(true)
        expect(log.refusals.list()).toEqual([expect.stringContaining(`(${name})`)])
        expect(answers).toBe(believedAfter)
        return
      }
      const results = Exit.isSuccess(exit) ? exit.value : []
      expect(results.map(({ stored }) => stored)).toEqual([true, kind === "outage", true])
      expect(log.refusals.list()).toEqual([])
      if (kind === "outage") expect([answers, log.replaced()]).toEqual([2, 1])
      else expect(results[1]).toMatchObject({ why: kind === "size" ? "too large" : "refused by the log" })
    })
  }
})

describe("a record that is refused", () => {
  const guilty = (texts: ReadonlyArray<string>, ...which: ReadonlyArray<string>): ReadonlyArray<number> =>
    texts.flatMap((one, i) => (which.includes(one) ? [i] : []))

  for (const version of [3, 4, 5, 6, 7, 8]) {
    test(`is found, whether the broker names it or not (version ${version})`, async () => {
      const log = logOn((texts) => {
        const found = guilty(texts, "text 3", "text 77")
        if (found.length === 0) return { code: 0 }
        return { code: 87, message: "one or more", records: found.map((place) => [place, "no good"]) }
      }, version)
      const results = await Effect.runPromise(log.append(records(100), "a"))
      expect(results.flatMap(({ stored }, i) => (stored ? [] : [i]))).toEqual([3, 77])
      const reason = version >= 8 ? "no good" : "the record has failed the broker's validation"
      expect(results[77]).toMatchObject({ reason: `Kafka refuses this record: ${reason} (INVALID_RECORD)` })
      if (version >= 8) expect(log.sent.map((texts) => texts.length)).toEqual([100, 98])
      expect(log.replaced()).toBe(0)
    })
  }

  test("is not believed of a topic that takes no record at all, until it takes one", async () => {
    let isBroken = true
    const log = logOn((texts) => ({ code: isBroken || texts.includes("text 0") ? 87 : 0 }), 7)
    const failure = await Effect.runPromise(Effect.flip(log.append(records(2), "a")))
    expect(failure).toMatchObject({ reason: "unavailable" })
    expect(log.refusals.list()).toEqual([failure.message])
    expect(failure.message).toStartWith("The topic events takes no record: Kafka refuses this record: ")
    isBroken = false
    const results = await Effect.runPromise(log.append(records(2), "a"))
    expect(results).toMatchObject([{ stored: false, why: "refused by the log" }, { stored: true }])
    expect(log.refusals.list()).toEqual([])
  })

  test("at a place that the batch does not have is looked for", async () => {
    const log = logOn((texts) =>
      texts.includes("text 1")
        ? {
            code: 87,
            records: [
              [99, "?"],
              [-1, null]
            ]
          }
        : { code: 0 }
    )
    const results = await Effect.runPromise(log.append(records(4), "a"))
    expect(results.map(({ stored }) => stored)).toEqual([true, false, true, true])
  })

  test("for want of a key where no record has one is the topic's matter", async () => {
    const log = logOn(
      (texts) => ({ code: 87, records: texts.map((_, i) => [i, "cannot accept message without key"]) }),
      8,
      false
    )
    expect(await Effect.runPromise(Effect.flip(log.append(records(2), "a")))).toMatchObject({
      reason: "unavailable",
      message: expect.stringContaining("KAFKA_KEY_PARAM")
    })
  })
})

test("the answer tells what it holds", () => {
  const said = written({ code: 87, message: "why", records: [[4, null]] }, 8)
  expect(readProduced(said, 8)).toEqual({
    clientSideThrottleTime: 17,
    ...{ code: 87, offset: -1n, message: "why", records: [{ place: 4, message: "" }] }
  })
  expect(readProduced(written({ code: 0 }, 3), 3)).toMatchObject({
    clientSideThrottleTime: undefined,
    ...{ code: 0, offset: 5n }
  })
})

test("a topic that is not tried any more is not named for ever", () => {
  let now = 0
  const refusals = makeRefusals(Context.empty(), () => now)
  refusals.refused(topic, "It waits.")
  now = forgottenAfter - 1
  expect(refusals.list()).toEqual(["It waits."])
  now = forgottenAfter
  expect(refusals.list()).toEqual([])
})
