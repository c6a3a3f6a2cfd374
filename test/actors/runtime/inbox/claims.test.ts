/** Claimed batches leave the queue on a full receipt only; rejected events become dead letters; failures come again. */
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
  test("a full receipt lets the batch go", async () => {
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

  test("rejected events are set aside, the others are done, and the ledger has both", async () => {
    const ledgers = await draining({
      handle: (batch) =>
        Effect.succeed(stored(batch, [{ index: 1, topic, stage: "drainer", reason: "no path" }])),
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines("a", "b", "c"))
        yield* depthIs(queue, { waiting: 0, claimed: 0, deadLetters: 1 })
      }),
      ending: (queue) => Effect.forEach(queue.sources, (source) => source.ledger(0))
    })
    expect(ledgers).toMatchObject([
      { taken: 3, inFlight: 0, topics: [{ topic, received: 3, stored: 2, dead: 1 }] }
    ])
  })

  test("what was read and what was stored are told apart: the ledger shows that they differ", async () => {
    const other = Topic.make("clicks")
    const ledgers = await draining({
      handle: (batch) => Effect.succeed({ ...stored(batch), received: new Map([[other, 2]]) }),
      body: pushed("a", "b"),
      ending: (queue) => Effect.forEach(queue.sources, (source) => source.ledger(0))
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

  test("an outage gives the batch back: it comes again with the same id, and counts no attempt", async () => {
    const seen: Array<readonly [id: string, attempts: number]> = []
    await draining({
      claimed: ({ id, attempts }) => seen.push([id, attempts]),
      handle: (batch) =>
        seen.length < 3
          ? Effect.fail(new Failure({ reason: "no-responders", message: "no enricher" }))
          : Effect.succeed(stored(batch)),
      body: pushed("a")
    })
    expect(seen).toEqual([0, 1, 2].map(() => [seen[0]?.[0] ?? "", 0]))
  })

  for (const [what, account] of [
    ["leaves an event out", { stored: 1 }],
    ["does not say where the events were stored", { placements: [] }]
  ] as const) {
    test(`a receipt that ${what} does not let the batch go`, async () => {
      let tries = 0
      await draining({
        handle: (batch) => {
          tries += 1
          const whole = stored(batch)
          return Effect.succeed(tries < 2 ? { ...whole, receipt: { ...whole.receipt, ...account } } : whole)
        },
        body: pushed("a", "b")
      })
      expect(tries).toBe(2)
    })
  }

  test("batches that fail for ever do not keep the others waiting", async () => {
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
          yield* Effect.promise(() => eventually("the bad one is tried", () => tries >= bad))
        }
        yield* Effect.promise(() => eventually("all of them have failed", () => tries > 3))
        for (let n = 0; n < 4; n++) {
          yield* queue.push(lines(`good ${n}`))
          yield* Effect.promise(() => eventually("the good one is done", () => good.length === n + 1))
        }
      })
    })
    expect(good).toHaveLength(4)
  }, 60_000)

  test("a claim whose answer was lost is sent again, so that what it took is not forgotten", async () => {
    const ids: Array<string> = []
    const seen: Array<string> = []
    let isAway = false
    await draining({
      handle: (batch) => {
        seen.push(batch.id)
        return Effect.succeed(stored(batch))
      },
      body: pushed("a"),
      troubled: (source) => ({
        ...source,
        claim: (id, limits) => {
          // The server comes back only after one more claim found it away.
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

  test("the actor has half the lease to answer, whatever it asks meanwhile", async () => {
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

  test("stopping finishes the batches under way and claims no more", async () => {
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
        yield* Effect.promise(() => eventually("the batch is under way", () => taken.length === 1))
      }),
      ending: Effect.fnUntraced(function* (queue, stopping) {
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
  test("leaves the backlog where it waits: what is claimed is small until something succeeds", async () => {
    const texts = Array.from({ length: 9_000 }, (_, i) => `line ${i}`)
    const sizes = new Map<string, number>()
    const events = new Set<ByteString>()
    let isAway = true
    await draining({
      claimed: ({ id, lines }) => sizes.set(id, lines.length),
      handle: (batch) => {
        if (isAway) return Effect.fail(new Failure({ reason: "no-responders", message: "nobody there" }))
        for (const line of batch.lines) events.add(line)
        return Effect.succeed(stored(batch))
      },
      body: Effect.fnUntraced(function* (queue) {
        yield* queue.push(lines(...texts))
        yield* Effect.promise(() =>
          eventually(
            "two small ones were claimed",
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

describe("a queue that is away when a batch is to be let go", () => {
  test("has it acknowledged when it is back: it is stored once and counts no attempt", async () => {
    let refusals = 9
    let tries = 0
    await draining({
      troubled: (source) => ({
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
                      return Effect.fail(new Failure({ reason: "unavailable", message: "Redis is away" }))
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
