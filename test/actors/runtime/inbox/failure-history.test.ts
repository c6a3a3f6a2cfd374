/** A batch that fails while others succeed is left alone longer and longer; an outage counts against nobody. */
import { describe, expect, test } from "bun:test"
import { makeFailureHistory } from "../../../../actors/runtime/inbox/failure-history.ts"
import { newBatchId } from "../../../../contracts/ids.ts"

const newBatch = () => ({ id: newBatchId(), first: 0, lines: [] })

describe("troubles", () => {
  test("while nothing succeeds, no batch is to blame", () => {
    const troubles = makeFailureHistory()
    const batch = newBatch()
    expect([1, 2, 3, 4].map(() => troubles.failed(batch))).toEqual([0, 0, 0, 0])
  })

  test("a batch that fails while others succeed waits twice as long each time, up to a minute", () => {
    const troubles = makeFailureHistory()
    const batch = newBatch()
    const pauses = Array.from({ length: 9 }, () => {
      troubles.succeeded(newBatch())
      return troubles.failed(batch)
    })
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  test("a batch that has succeeded begins anew", () => {
    const troubles = makeFailureHistory()
    const batch = newBatch()
    troubles.failed(batch)
    troubles.succeeded(batch)
    expect(troubles.failed(batch)).toBe(0)
  })

  test("silence is remembered through other failures, until the batch succeeds", () => {
    const troubles = makeFailureHistory()
    const batch = newBatch()
    troubles.failed(batch)
    expect(troubles.wasSilent(batch)).toBe(false)
    troubles.failed(batch, true)
    troubles.failed(batch)
    expect(troubles.wasSilent(batch)).toBe(true)
    expect(troubles.wasSilent(newBatch())).toBe(false)
    troubles.succeeded(batch)
    expect(troubles.wasSilent(batch)).toBe(false)
  })
})
