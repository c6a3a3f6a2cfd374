/** A receipt is accepted only when it accounts for every event of its own batch, each once. */
import { describe, expect, test } from "bun:test"
import { accountsFor, mergeReceipts, type Receipt } from "../../contracts/batch.ts"
import { type BatchDigest, emptyDigest, newBatchId, Topic } from "../../contracts/ids.ts"

const batch = { id: newBatchId(), digest: emptyDigest }
const topic = Topic.make("events")
const other = Topic.make("clicks")
const rejected = (...places: ReadonlyArray<number>): Receipt["rejected"] =>
  places.map((index) => ({ index, topic, stage: "drainer", reason: "empty" }))
const receipt = (stored: number, ...places: ReadonlyArray<number>): Receipt => ({
  ...batch,
  stored,
  placements: stored > 0 ? [{ topic, partition: 0, offset: "7", count: stored, at: 1 }] : [],
  rejected: rejected(...places)
})

describe("accountsFor", () => {
  test("is true when stored and rejected events together are all events", () => {
    expect(accountsFor(receipt(3), batch, [0, 1, 2])).toBe(true)
    expect(accountsFor(receipt(1, 0, 2), batch, [0, 1, 2])).toBe(true)
    expect(accountsFor(receipt(0, 5, 9), batch, [5, 9])).toBe(true)
    expect(accountsFor(receipt(0), batch, [])).toBe(true)
  })

  test("is false for a missing, additional, foreign or repeated event", () => {
    expect(accountsFor(receipt(2), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(3, 0), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor({ ...receipt(3), id: newBatchId() }, batch, [0, 1, 2])).toBe(false)
    const otherLines = { ...receipt(3), digest: "0123456789abcdef" as BatchDigest }
    expect(accountsFor(otherLines, batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(1, 0, 0), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(2, 3), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(-1, 0, 1, 2), batch, [0, 1])).toBe(false)
  })

  test("requires placements for all stored events, over all topics and partitions", () => {
    const placed = (...counts: ReadonlyArray<number>): Receipt => ({
      ...receipt(3),
      placements: counts.map((count, i) => ({
        topic: i === 0 ? topic : other,
        partition: i,
        offset: "0",
        count,
        at: 1
      }))
    })
    expect(accountsFor(placed(1, 2), batch, [0, 1, 2])).toBe(true)
    expect(accountsFor(placed(), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(placed(2), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(placed(2, 2), batch, [0, 1, 2])).toBe(false)
    expect(accountsFor(placed(4, -1), batch, [0, 1, 2])).toBe(false)
  })

  test("the receipts of all parts make the receipt of the batch", () => {
    const whole = mergeReceipts(batch, [receipt(2, 4), receipt(1), receipt(0, 0)])
    expect(whole).toEqual({
      ...receipt(3, 4, 0),
      placements: [...receipt(2).placements, ...receipt(1).placements]
    })
    expect(accountsFor(whole, batch, [0, 1, 2, 3, 4])).toBe(true)
  })
})
