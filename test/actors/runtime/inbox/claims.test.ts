/** A claimed batch leaves the queue only with a full receipt; rejected events become dead letters; failures are retried. */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import { Deadline } from "../../../../actors/runtime/deadline.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { Topic } from "../../../../contracts/ids.ts"
import { leaseTime } from "../../../../contracts/requests.ts"
import { eventually } from "../../../support/eventually.ts"
import { depthIs, draining, lines, nothingLeft, stored, topic } from "./draining.ts"

const pushed = (...texts: ReadonlyArray<string>) =>
  Effect.fnUntraced(function* (queue: Parameters<typeof nothingLeft>[0]) {
    yield* queue.push(lines(...texts))
    yield* nothingLeft(queue)
  })

describe("claims", () => {
  test("a full receipt removes the batch from the queue", async () => {
    const seen: Array<ByteString> = []
    await draining({
      handle: (batch) => {
        seen.push(...batch.lines)
        return Effect.succeed(stored(batch))
      },
      body: pushed("a", "b", "c")
    })
    expect(seen).toEqual([...lines("a", "b", "c")])
  })

  test("rejected events become dead letters, the others are stored, and the ledger counts both", async () => {
    const ledgers = await draining({
      handle: (batch) =>
        Effect.succeed(stored(batch, [{ index: 1, topic, stage: "drainer", reason: "no path" }])),
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b", "c"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
      }),
      whileStopping: (queue) => Effect.forEach(queue.sources, (source) => source.ledger(0))
    })
    expect(ledgers).toMatchObject([
      { taken: 3, inFlight: 0, topics: [{ topic, received: 3, stored: 2, dead: 1 }] }
    ])
  })

  test("the ledger shows a difference between what was read and what was stored", async () => {
    const other = Topic.make("clicks")
    const ledgers = await draining({
      handle: (batch) => Effect.succeed({ ...stored(batch), received: new Map([[other, 2]]) }),
      body: pushed("a", "b"),
      whileStopping: (queue) => Effect.forEach(queue.sources, (source) => source.ledger(0))
    })
    expect(ledgers).toMatchObject([
      {
        topics: expect.arrayContaining([
          expect.objectContaining({ topic: other, received: 2, stored: 0 }),
          expect.objectContaining({ topic, received: 0, stored: 2 })
        ])
      }
    ])
  })

  test("an outage releases the batch: it is claimed again with the same id, and no attempt is counted", async () => {
    const seen: Array<readonly [id: string, attempts: number]> = []
    await draining({
      onClaim: ({ id, attempts }) => seen.push([id, attempts]),
      handle: (batch) =>
        seen.length < 3
          ? Effect.fail(new Failure({ reason: "no-responders", message: "no enricher" }))
          : Effect.succeed(stored(batch)),
      body: pushed("a")
    })
    expect(seen).toEqual([0, 1, 2].map(() => [seen[0]?.[0] ?? "", 0]))
  })

  for (const [what, fields] of [
    ["omits an event", { stored: 1 }],
    ["does not say where the events were stored", { placements: [] }]
  ] as const) {
    test(`a receipt that ${what} does not remove the batch`, async () => {
      let tries = 0
      await draining({
        handle: (batch) => {
          tries += 1
          const whole = stored(batch)
          return Effect.succeed(tries < 2 ? { ...whole, receipt: { ...whole.receipt, ...fields } } : whole)
        },
        body: pushed("a", "b")
      })
      expect(tries).toBe(2)
    })
  }

  test("batches that always fail do not hold up the others", async () => {
    const good: Array<ByteString> = []
    let tries = 0
    await draining({
      handle: (batch) => {
        if (!batch.lines.includes("bad" as ByteString)) {
          good.push(...batch.lines)
          return Effect.succeed(stored(batch))
        }
        tries += 1
        const away = new Failure({ reason: "timeout", message: "no answer" })
        return Effect.andThen(Effect.sleep("2200 millis"), Effect.fail(away))
      },
      body: Effect.fnUntraced(function* (queue) {
        for (const bad of [1, 2, 3]) {
          yield* queue.push(lines("bad"))
          yield* Effect.promise(() => eventually("the failing batch is tried", () => tries >= bad))
        }
        yield* Effect.promise(() => eventually("all failing batches have failed", () => tries > 3))
        for (let n = 0; n < 4; n++) {
          yield* queue.push(lines(`good ${n}`))
          yield* Effect.promise(() => eventually("the good batch is stored", () => good.length === n + 1))
        }
      })
    })
    expect(good).toHaveLength(4)
  }, 60_000)

  test("a claim whose answer was lost is repeated with the same id, so that its batch is handled", async () => {
    const ids: Array<string> = []
    const seen: Array<string> = []
    let isAway = false
    await draining({
      handle: (batch) => {
        seen.push(batch.id)
        return Effect.succeed(stored(batch))
      },
      body: pushed("a"),
      faulty: (source) => ({
        ...source,
        claim: (id, limits) => {
          // The server is reachable again only after one more claim has failed.
          if (isAway) {
            isAway = false
            return Effect.fail(new Failure({ reason: "unavailable", message: "not connected" }))
          }
          return Effect.flatMap(source.claim(id, limits), (batch) => {
            if (batch !== undefined) ids.push(id)
            if (batch === undefined || ids.length > 1) return Effect.succeed(batch)
            isAway = true
            return Effect.fail(new Failure({ reason: "timeout", message: "the answer was lost" }))
          })
        }
      })
    })
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    expect(seen).toHaveLength(1)
  })

  test("the actor must answer within half the lease", async () => {
    let left = Number.POSITIVE_INFINITY
    await draining({
      handle: (batch) =>
        Effect.gen(function* () {
          left = (yield* Deadline) - Date.now()
          return stored(batch)
        }),
      body: pushed("a")
    })
    expect(left).toBeLessThanOrEqual(leaseTime / 2)
    expect(left).toBeGreaterThan(0)
  })

  test("stopping finishes the batches in flight and claims no more", async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const taken: Array<ByteString> = []
    const left = await draining({
      handle: (batch) => {
        taken.push(...batch.lines)
        return Effect.as(
          Effect.promise(() => gate),
          stored(batch)
        )
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a"))
        yield* Effect.promise(() => eventually("the batch is in flight", () => taken.length === 1))
      }),
      whileStopping: Effect.fnUntraced(function* (queue, stopping) {
        yield* queue.push(lines("b"))
        release()
        yield* Fiber.await(stopping)
        return yield* Effect.forEach(queue.sources, ({ depth }) => depth)
      })
    })
    expect(taken).toEqual([...lines("a")])
    expect(left).toEqual([{ waiting: 1, claimed: 0, deadLetters: 0 }])
  })
})

describe("a long outage", () => {
  test("leaves the backlog in the queue: claims stay small until something succeeds", async () => {
    const texts = Array.from({ length: 9_000 }, (_, i) => `line ${i}`)
    const sizes = new Map<string, number>()
    const events = new Set<ByteString>()
    let isAway = true
    await draining({
      onClaim: ({ id, lines }) => sizes.set(id, lines.length),
      handle: (batch) => {
        if (isAway) return Effect.fail(new Failure({ reason: "no-responders", message: "no responder" }))
        for (const line of batch.lines) events.add(line)
        return Effect.succeed(stored(batch))
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines(...texts))
        yield* Effect.promise(() =>
          eventually(
            "two small batches were claimed",
            () => [...sizes.values()].filter((n) => n <= 32).length > 1
          )
        )
        isAway = false
        yield* nothingLeft(queue)
      })
    })
    expect(Math.max(...sizes.values())).toBe(1_000)
    expect([...sizes.values()].filter((size) => size === 1_000).length).toBeGreaterThan(4)
    expect(events.size).toBe(texts.length)
  }, 60_000)
})

describe("a queue that is unreachable when a batch is to be acknowledged", () => {
  test("gets the acknowledgement later: the batch is stored once and no attempt is counted", async () => {
    let refusals = 9
    let tries = 0
    await draining({
      faulty: (source) => ({
        ...source,
        claim: (id, limits) =>
          Effect.map(source.claim(id, limits), (batch) =>
            batch === undefined
              ? undefined
              : {
                  ...batch,
                  ack: (counts) =>
                    Effect.suspend(() => {
                      if (refusals === 0) return batch.ack(counts)
                      refusals -= 1
                      return Effect.fail(
                        new Failure({ reason: "unavailable", message: "Redis is unreachable" })
                      )
                    })
                }
          )
      }),
      handle: (batch) => {
        tries += 1
        return Effect.succeed(stored(batch))
      },
      body: pushed("a")
    })
    expect(refusals).toBe(0)
    expect(tries).toBe(1)
  }, 20_000)
})
