/** A receipt is believed only when it accounts for every event of its own batch, each once. */
import { describe, expect, test } from "bun:test"
import { accountsFor, mergeReceipts, type Receipt } from "../../contracts/batch.ts"
import { newBatchId, Topic } from "../../contracts/ids.ts"

const id = newBatchId()
const topic = Topic.make("events")
const other = Topic.make("clicks")
const rejected = (...places: ReadonlyArray<number>): Receipt["rejected"] =>
  places.map((index) => ({ index, topic, stage: "drainer", reason: "empty" }))
const receipt = (stored: number, ...places: ReadonlyArray<number>): Receipt => ({
  id,
  stored,
  placements: stored > 0 ? [{ topic, partition: 0, offset: "7", count: stored }] : [],
  rejected: rejected(...places)
})

describe("accountsFor", () => {
  test("stored and rejected together are all of them", () => {
    expect(accountsFor(receipt(3), id, [0, 1, 2])).toBe(true)
    expect(accountsFor(receipt(1, 0, 2), id, [0, 1, 2])).toBe(true)
    expect(accountsFor(receipt(0, 5, 9), id, [5, 9])).toBe(true)
    expect(accountsFor(receipt(0), id, [])).toBe(true)
  })

  test("one too few, one too many, another batch's, one twice, one that is not in it: no", () => {
    expect(accountsFor(receipt(2), id, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(3, 0), id, [0, 1, 2])).toBe(false)
    expect(accountsFor({ ...receipt(3), id: newBatchId() }, id, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(1, 0, 0), id, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(2, 3), id, [0, 1, 2])).toBe(false)
    expect(accountsFor(receipt(-1, 0, 1, 2), id, [0, 1])).toBe(false)
  })

  test("what is stored must be placed: as many as were stored, over all topics and partitions", () => {
    const placed = (...counts: ReadonlyArray<number>): Receipt => ({
      ...receipt(3),
      placements: counts.map((count, i) => ({
        topic: i === 0 ? topic : other,
        partition: i,
        offset: "0",
        count
      }))
    })
    expect(accountsFor(placed(1, 2), id, [0, 1, 2])).toBe(true)
    expect(accountsFor(placed(), id, [0, 1, 2])).toBe(false)
    expect(accountsFor(placed(2), id, [0, 1, 2])).toBe(false)
    expect(accountsFor(placed(2, 2), id, [0, 1, 2])).toBe(false)
    expect(accountsFor(placed(4, -1), id, [0, 1, 2])).toBe(false)
  })

  test("the receipts of all parts are the receipt of the whole", () => {
    const whole = mergeReceipts(id, [receipt(2, 4), receipt(1), receipt(0, 0)])
    expect(whole).toEqual({
      ...receipt(3, 4, 0),
      placements: [...receipt(2).placements, ...receipt(1).placements]
    })
    expect(accountsFor(whole, id, [0, 1, 2, 3, 4])).toBe(true)
  })
})
