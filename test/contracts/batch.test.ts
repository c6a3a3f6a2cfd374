/** A receipt is believed only when it accounts for every event of its own batch, each once. */
import { describe, expect, test } from "bun:test"
import { accountsFor, mergeReceipts, type Receipt } from "../../contracts/batch.ts"
import { newBatchId } from "../../contracts/ids.ts"

const id = newBatchId()
const rejected = (...places: ReadonlyArray<number>): Receipt["rejected"] =>
  places.map((index) => ({ index, stage: "drainer", reason: "empty" }))
const receipt = (stored: number, ...places: ReadonlyArray<number>): Receipt => ({
  id,
  stored,
  placements: [],
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

  test("the receipts of all parts are the receipt of the whole", () => {
    const whole = mergeReceipts(id, [receipt(2, 4), receipt(1), receipt(0, 0)])
    expect(whole).toEqual(receipt(3, 4, 0))
    expect(accountsFor(whole, id, [0, 1, 2, 3, 4])).toBe(true)
  })
})
