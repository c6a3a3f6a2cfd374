/**
 * The figures' lease of a queue, kept by every implementation: one holder at a time, taken over when it ends, and a revision
 * that says whether the ledger has to be read. Also what the ledger says of waiting lines: their size and their age.
 */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import type { ByteString } from "../../../contracts/event.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { type OpenQueue, onEveryQueue, type TestQueue } from "../../support/queues.ts"
import { bytes, claim, counts, deadLetter, hour, run } from "./batches.ts"

const minute = 60_000

const suite = (open: OpenQueue): void => {
  const check = (what: string, body: (queue: TestQueue) => Promise<void>): void =>
    test(what, () =>
      Effect.runPromise(Effect.scoped(Effect.flatMap(open, (queue) => Effect.promise(() => body(queue)))))
    )

  check("one holder at a time has the lease, which it may renew and release", async ({ source, other }) => {
    expect(await run(source.figures.hold("a", minute))).toBeDefined()
    expect(await run(other.figures.hold("b", minute))).toBeUndefined()
    expect(await run(source.figures.hold("a", minute))).toBeDefined()
    await run(other.figures.release("b"))
    expect(await run(other.figures.hold("b", minute))).toBeUndefined()
    await run(source.figures.release("a"))
    expect(await run(other.figures.hold("b", minute))).toBeDefined()
    expect(await run(source.figures.hold("a", minute))).toBeUndefined()
  })

  check("the lease of a holder that does not renew it ends by itself", async ({ source, other }) => {
    const begun = performance.now()
    expect(await run(source.figures.hold("a", 300))).toBeDefined()
    await eventually("it is taken over", () => run(other.figures.hold("b", minute)))
    expect(performance.now() - begun).toBeGreaterThanOrEqual(299)
    expect(await run(source.figures.hold("a", 300))).toBeUndefined()
  })

  check("of many that want it at the same time, one gets it", async ({ source, other }) => {
    const holders = Array.from({ length: 20 }, (_, i) =>
      run((i % 2 === 0 ? source : other).figures.hold(`holder ${i}`, minute))
    )
    expect((await Promise.all(holders)).filter((held) => held !== undefined)).toHaveLength(1)
  })

  check("the revision changes with every change of the queue, and only then", async (queue) => {
    const { source, push, bury } = queue
    const seen = new Set<string>()
    const revision = async (): Promise<string> => {
      const held = await run(source.figures.hold("a", minute))
      expect((await run(source.figures.hold("a", minute)))?.revision).toBe(held?.revision ?? "")
      expect(Number.isFinite(held?.memoryUsed) && Number.isFinite(held?.memoryMax)).toBe(true)
      return held?.revision ?? ""
    }
    const expectNew = async (what: string): Promise<void> => {
      const now = await revision()
      expect({ what, isNew: !seen.has(now) }).toEqual({ what, isNew: true })
      seen.add(now)
    }
    await expectNew("empty")
    await run(push(bytes("a", "b", "c", "d", "e")))
    await expectNew("pushed")
    const batch = await claim(source, { ...hour, maxEvents: 3 })
    await expectNew("claimed")
    expect(await run(batch.split(2, 0))).toBe(true)
    await expectNew("split")
    const part = await claim(source)
    expect(seen.has(await revision())).toBe(true)
    expect(await run(part.ack(counts(part)))).toBe(true)
    await expectNew("acknowledged")
    expect(await deadLetter(await claim(source), 1)).toBe(true)
    await expectNew("dead-lettered")
    await run(bury("of another program" as ByteString))
    await expectNew("another program's dead letter")
    const [letter] = await run(source.deadLetters.read(0, 1))
    if (letter === undefined) throw new Error("There is no dead letter.")
    expect(await run(source.deadLetters.discard(letter))).toBe(true)
    await expectNew("discarded")
  })

  check("the ledger has the size of the waiting lines and the age of the one at the head", async (queue) => {
    const { source, push } = queue
    const before = Date.now()
    const line = (age: number): string => `203.0.113.9 ${before - age} shop.example pod /t/buy e curl/8`
    await run(push(bytes(line(90_000), ...Array.from({ length: 99 }, () => line(10_000)))))
    const ledger = await run(source.ledger(0))
    expect(ledger.oldestWaiting).toBeWithin(90_000, 90_000 + Date.now() - before + 1000)
    const size = 100 * line(90_000).length
    expect(ledger.waitingBytes).toBeWithin(size * 0.9, size * 1.5)
    expect(ledger.inFlightBatches).toBe(0)

    const batch = await claim(source, { ...hour, maxEvents: 1 })
    const later = await run(source.ledger(0))
    expect(later.oldestWaiting).toBeWithin(10_000, 10_000 + Date.now() - before + 1000)
    expect(later.inFlightBatches).toBe(1)
    expect(await run(batch.ack(counts(batch)))).toBe(true)
    const rest = await claim(source)
    expect(await run(rest.ack(counts(rest)))).toBe(true)
    expect(await run(source.ledger(0))).toMatchObject({ waitingBytes: 0, inFlightBatches: 0, waiting: 0 })
    expect((await run(source.ledger(0))).oldestWaiting).toBeUndefined()
  })

  check("a line without a plausible time has no age, one in the other unit has its own", async (queue) => {
    const { source, push } = queue
    const now = Date.now()
    const ages = async (time: number | string): Promise<number | undefined> => {
      await run(push(bytes(`203.0.113.9 ${time} shop.example pod /t/buy e curl/8`)))
      const { oldestWaiting } = await run(source.ledger(0))
      const batch = await run(source.claim(newClaimId(), hour))
      expect(await run(batch?.ack([]) ?? Effect.succeed(false))).toBe(true)
      return oldestWaiting
    }
    expect(await ages("soon")).toBeUndefined()
    expect(await ages(now - 3 * 366 * 86_400_000)).toBeUndefined()
    expect(await ages(now + 3_600_000)).toBe(0)
    expect(await ages(Math.floor(now / 1000) - 120)).toBeWithin(119_000, 180_000)
  })
}

await onEveryQueue(suite)
