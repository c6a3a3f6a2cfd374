/** A batch that fails while others succeed gets growing pauses; an outage adds none. */
import { describe, expect, test } from "bun:test"
import { makeFailureHistory } from "../../../../actors/runtime/inbox/failure-history.ts"
import { newBatchId } from "../../../../contracts/ids.ts"

const newBatch = () => ({ id: newBatchId(), first: 0, lines: [] })

describe("failure history", () => {
  test("while nothing succeeds, no batch gets a pause", () => {
    const history = makeFailureHistory()
    const batch = newBatch()
    expect([1, 2, 3, 4].map(() => history.failed(batch))).toEqual([0, 0, 0, 0])
  })

  test("a batch that fails while others succeed waits twice as long each time, up to a minute", () => {
    const history = makeFailureHistory()
    const batch = newBatch()
    const pauses = Array.from({ length: 9 }, () => {
      history.succeeded(newBatch())
      return history.failed(batch)
    })
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  test("a batch that succeeded starts anew", () => {
    const history = makeFailureHistory()
    const batch = newBatch()
    history.failed(batch)
    history.succeeded(batch)
    expect(history.failed(batch)).toBe(0)
  })

  test("a missing answer is remembered through other failures, until the batch succeeds", () => {
    const history = makeFailureHistory()
    const batch = newBatch()
    history.failed(batch)
    expect(history.hadNoAnswer(batch)).toBe(false)
    history.failed(batch, true)
    history.failed(batch)
    expect(history.hadNoAnswer(batch)).toBe(true)
    expect(history.hadNoAnswer(newBatch())).toBe(false)
    history.succeeded(batch)
    expect(history.hadNoAnswer(batch)).toBe(false)
  })
})
