/** The common layout of batch messages: each topic once, and the numbers of all events in one list. */
import { Schema } from "effect"
import { Failure } from "../failure.ts"
import type { Topic } from "../ids.ts"

/** A number of a column. */
export const Whole = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Collects the topics of a message while it is written; `placeOf` returns the index of a topic. */
export const nameTopics = () => {
  const topics: Array<Topic> = []
  let last = -1
  return {
    topics,
    placeOf: (topic: Topic): number => {
      if (topics[last] !== topic) last = topics.indexOf(topic)
      if (last === -1) last = topics.push(topic) - 1
      return last
    }
  }
}

/** True for a list of non-negative integers with `perEvent` numbers per event. A schema takes ten times as long. */
export const areNumbers = (numbers: unknown, perEvent: number): boolean =>
  Array.isArray(numbers) && numbers.length % perEvent === 0 && numbers.every(isCount)

const isCount = (number: unknown): boolean =>
  typeof number === "number" && number >= 0 && Number.isSafeInteger(number)

export const unreadable = (message: string): Failure => new Failure({ reason: "unreadable", message })
