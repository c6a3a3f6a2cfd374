import { describe, expect, test } from "bun:test"
import {
  consumerProgressMemory,
  type MemoryLimits
} from "../../../../actors/viewer/history/consumer-progress.ts"
import { Topic } from "../../../../contracts/ids.ts"

const topic = Topic.make("events")

const memoryOf = (limits?: MemoryLimits) => {
  const memory = consumerProgressMemory(limits)
  const tell = (by: string, first: number, next: number, at: number, partition = 0): void =>
    memory.add({ by, topic, partition, first: `${first}`, next: `${next}`, count: next - first, at })
  const passage = (by: string, offset: number | string, since = 0, partition = 0) =>
    memory.passage(by, { topic, partition, offset: `${offset}`, since })
  return { memory, tell, passage }
}

describe("the memory of what consumers are done with", () => {
  test("tells when, that it was earlier, that it is not yet, and that nothing is known", () => {
    const { memory, tell, passage } = memoryOf()
    tell("counter", 10, 20, 1_000)
    tell("counter", 20, 30, 2_000)
    tell("other", 0, 5, 1_500, 1)
    expect(passage("counter", 10)).toEqual({ state: "done", at: 1_000 })
    expect(passage("counter", 19)).toEqual({ state: "done", at: 1_000 })
    expect(passage("counter", 20)).toEqual({ state: "done", at: 2_000 })
    expect(passage("counter", 9)).toEqual({ state: "passed" })
    expect(passage("counter", 30)).toEqual({ state: "not yet" })
    expect(passage("other", 3)).toEqual({ state: "not known" })
    expect(passage("nobody", 3)).toEqual({ state: "not known" })
    expect(memory.consumers()).toEqual(["counter", "other"])
  })

  test("the first time counts of records that are read again", () => {
    const { tell, passage } = memoryOf()
    tell("counter", 0, 10, 1_000)
    tell("counter", 5, 10, 9_000)
    expect(passage("counter", 7)).toEqual({ state: "done", at: 1_000 })
  })

  test("what was told of an earlier log of that name is not said of a record that came later", () => {
    const { tell, passage } = memoryOf()
    tell("counter", 0, 100, 1_000)
    expect(passage("counter", 7, 5_000)).toEqual({ state: "not known" })
    expect(passage("counter", 100, 5_000)).toEqual({ state: "not yet" })
    tell("counter", 0, 10, 6_000)
    expect(passage("counter", 7, 5_000)).toEqual({ state: "done", at: 6_000 })
  })

  test("is bounded, and what is no offset is passed by", () => {
    const { memory, tell, passage } = memoryOf({ places: 2, runs: 10 })
    for (let n = 0; n < 1_000; n++) tell("counter", n, n + 1, n)
    expect(passage("counter", 999)).toEqual({ state: "done", at: 999 })
    expect(passage("counter", 980)).toEqual({ state: "passed" })
    tell("second", 0, 1, 1)
    tell("third", 0, 1, 1)
    expect(memory.consumers()).toEqual(["counter", "second"])
    memory.add({ by: "counter", topic, partition: 0, first: "x", next: "-1", count: 1, at: 1 })
    expect(passage("counter", "18446744073709551615999")).toEqual({ state: "not known" })
    expect(passage("counter", "9223372036854775807")).toEqual({ state: "not yet" })
  })
})
