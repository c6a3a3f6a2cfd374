/** What the messages about batches have in common: topics that are named once, and numbers in one list for all events. */
import { Failure } from "../failure.ts"
import type { Topic } from "../ids.ts"

/** The topics of a message that is being written, and the place of each among them, from 0. */
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

/** Is it a list of whole numbers from 0 on, so many of each event? A schema takes ten times as long to tell. */
export const areNumbers = (numbers: unknown, ofEach: number): boolean =>
  Array.isArray(numbers) && numbers.length % ofEach === 0 && numbers.every(isCount)

const isCount = (number: unknown): boolean =>
  typeof number === "number" && number >= 0 && Number.isSafeInteger(number)

export const unreadable = (message: string): Failure => new Failure({ reason: "unreadable", message })
