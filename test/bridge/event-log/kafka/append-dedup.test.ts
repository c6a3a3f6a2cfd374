/** What failed appends stored is known by affinity, topic and id, within bounds of number and time. */
import { describe, expect, test } from "bun:test"
import { knownFor, knownRecords } from "../../../../bridge/event-log/kafka/append-dedup.ts"
import type { Appended, NewRecord } from "../../../../bridge/event-log/service.ts"
import { Topic } from "../../../../contracts/ids.ts"

const recordOf = (name: string): NewRecord => {
  const [topic = "", id = ""] = name.split(" ")
  return { topic: Topic.make(topic), value: new Uint8Array(), headers: id === "" ? {} : { id } }
}
const recordsOf = (...names: ReadonlyArray<string>) => names.map(recordOf)

const at = (offset: number): Appended => ({ stored: true, partition: 0, offset: `${offset}` })
const refused: Appended = { stored: false, why: "too large", reason: "too large" }

describe("what failed appends stored", () => {
  test("is known for the same affinity, topic and id, in whatever order and company they come", () => {
    const known = knownRecords()
    known.keep(recordsOf("x 1", "y 1", "x 2", "y 2"), "a", [at(7), undefined, at(8), undefined])
    expect(known.recall(recordsOf("y 2", "x 2", "x 3", "x 1"), "a")).toEqual([
      undefined,
      at(8),
      undefined,
      at(7)
    ])
    expect(known.recall(recordsOf("x 1"), "b")).toEqual([undefined])
    known.keep(recordsOf("y 2", "y 3"), "a", [at(9), undefined])
    expect(known.recall(recordsOf("x 1", "y 2", "y 3"), "a")).toEqual([at(7), at(9), undefined])
  })

  test("is only what is stored: a refusal may be another one next time", () => {
    const known = knownRecords()
    known.keep(recordsOf("x 1", "x 2", "x 3"), "a", [refused, undefined, at(1)])
    expect(known.recall(recordsOf("x 1", "x 2", "x 3"), "a")).toEqual([undefined, undefined, at(1)])
  })

  test("is forgotten with the append that succeeds, and nothing else is", () => {
    const known = knownRecords()
    known.keep(recordsOf("x 1", "x 2", "x 3"), "a", [at(1), at(2), undefined])
    known.keep(recordsOf("x 1"), "a", [at(1)])
    expect(known.recall(recordsOf("x 1", "x 2"), "a")).toEqual([undefined, at(2)])
    known.keep(recordsOf("z 1"), "b", [at(1)])
    expect(known.recall(recordsOf("z 1"), "b")).toEqual([undefined])
  })

  test("is nothing where records cannot be told apart: none may be taken for another", () => {
    const known = knownRecords()
    known.keep(recordsOf("x 1", "x 2"), "a", [at(1), undefined])
    expect(known.recall(recordsOf("x 1", "x 1"), "a")).toEqual([undefined, undefined])
    expect(known.recall(recordsOf("x 1", "x"), "a")).toEqual([undefined, undefined])
    known.keep(recordsOf("x 3", "x 3"), "b", [at(1), undefined])
    known.keep(recordsOf("x", "x 3"), "b", [at(1), undefined])
    expect(known.recall(recordsOf("x 3"), "b")).toEqual([undefined])
  })

  test("is forgotten after a while, and the oldest first when it is too much", () => {
    let time = 0
    const known = knownRecords(3, () => time)
    const keep = (affinity: string, ...ids: ReadonlyArray<string>) =>
      known.keep(
        [...recordsOf(...ids), recordOf("y 0")],
        affinity,
        [...ids, ""].map((id, i) => (id === "" ? undefined : at(i)))
      )
    const has = (affinity: string, id: string) => known.recall(recordsOf(id), affinity)[0] !== undefined
    keep("a", "x 1")
    keep("b", "x 1", "x 2")
    keep("a", "x 1")
    expect([has("a", "x 1"), has("b", "x 2")]).toEqual([true, true])
    keep("c", "x 1")
    expect([has("a", "x 1"), has("b", "x 2"), has("c", "x 1")]).toEqual([true, false, true])
    time = knownFor - 1
    keep("c", "x 1")
    expect([has("a", "x 1"), has("c", "x 1")]).toEqual([true, true])
    time = knownFor
    expect([has("a", "x 1"), has("c", "x 1")]).toEqual([false, true])
  })
})
