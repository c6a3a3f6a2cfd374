import { describe, expect, test } from "bun:test"
import {
  type CacheLimits,
  consumerProgressCache
} from "../../../../actors/viewer/history/consumer-progress.ts"
import { Topic } from "../../../../contracts/ids.ts"

const topic = Topic.make("events")

const cacheWith = (limits?: CacheLimits) => {
  const cache = consumerProgressCache(limits)
  const report = (by: string, first: number, next: number, at: number, partition = 0): void =>
    cache.add({ by, topic, partition, first: `${first}`, next: `${next}`, count: next - first, at })
  const stateOf = (by: string, offset: number | string, since = 0, partition = 0) =>
    cache.stateOf(by, { topic, partition, offset: `${offset}`, since })
  return { cache, report, stateOf }
}

describe("the cache of consumer progress", () => {
  test("knows the time, that a record was passed, is not reached yet, or is unknown", () => {
    const { cache, report, stateOf } = cacheWith()
    report("counter", 10, 20, 1_000)
    report("counter", 20, 30, 2_000)
    report("other", 0, 5, 1_500, 1)
    expect(stateOf("counter", 10)).toEqual({ state: "done", at: 1_000 })
    expect(stateOf("counter", 19)).toEqual({ state: "done", at: 1_000 })
    expect(stateOf("counter", 20)).toEqual({ state: "done", at: 2_000 })
    expect(stateOf("counter", 9)).toEqual({ state: "passed" })
    expect(stateOf("counter", 30)).toEqual({ state: "not yet" })
    expect(stateOf("other", 3)).toEqual({ state: "not known" })
    expect(stateOf("nobody", 3)).toEqual({ state: "not known" })
    expect(cache.consumers()).toEqual(["counter", "other"])
  })

  test("has the first time of records that are read again", () => {
    const { report, stateOf } = cacheWith()
    report("counter", 0, 10, 1_000)
    report("counter", 5, 10, 9_000)
    expect(stateOf("counter", 7)).toEqual({ state: "done", at: 1_000 })
  })

  test("ignores progress on an earlier log of the same name", () => {
    const { report, stateOf } = cacheWith()
    report("counter", 0, 100, 1_000)
    expect(stateOf("counter", 7, 5_000)).toEqual({ state: "not known" })
    expect(stateOf("counter", 100, 5_000)).toEqual({ state: "not yet" })
    report("counter", 0, 10, 6_000)
    expect(stateOf("counter", 7, 5_000)).toEqual({ state: "done", at: 6_000 })
  })

  test("is bounded, and ignores invalid offsets", () => {
    const { cache, report, stateOf } = cacheWith({ maxPartitions: 2, maxRanges: 10 })
    for (let n = 0; n < 1_000; n++) report("counter", n, n + 1, n)
    expect(stateOf("counter", 999)).toEqual({ state: "done", at: 999 })
    expect(stateOf("counter", 980)).toEqual({ state: "passed" })
    report("second", 0, 1, 1)
    report("third", 0, 1, 1)
    expect(cache.consumers()).toEqual(["counter", "second"])
    cache.add({ by: "counter", topic, partition: 0, first: "x", next: "-1", count: 1, at: 1 })
    expect(stateOf("counter", "18446744073709551615999")).toEqual({ state: "not known" })
    expect(stateOf("counter", "9223372036854775807")).toEqual({ state: "not yet" })
  })
})
