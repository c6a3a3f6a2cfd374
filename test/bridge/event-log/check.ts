/** A check of the event log's contract, and the functions that the checks share. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import type { Appended } from "../../../bridge/event-log/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { type Log, newTopic, type OpenLogs, record, type TwoLogs } from "../../support/logs.ts"

/** Runs `body` as a test, with separate logs. */
export type Check = (what: string, body: (logs: TwoLogs) => Promise<void>, timeoutMs?: number) => void

export const checkOn =
  (open: OpenLogs): Check =>
  (what, body, timeoutMs) =>
    test(
      what,
      () =>
        Effect.runPromise(Effect.scoped(Effect.flatMap(open, (logs) => Effect.promise(() => body(logs))))),
      timeoutMs
    )

export const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)
export const failureOf = (effect: Effect.Effect<unknown, Failure>): Promise<Failure> =>
  run(Effect.flip(effect))

/** A new topic with these texts, appended one after the other. */
export const topicWith = async (log: Log, ...texts: ReadonlyArray<string>): Promise<Topic> => {
  const topic = newTopic()
  await run(log.ensureTopics([topic]))
  if (texts.length > 0) await append(log, topic, ...texts)
  return topic
}
export const append = async (log: Log, topic: Topic, ...texts: ReadonlyArray<string>): Promise<void> => {
  const records = texts.map((text) => record(topic, text))
  const appended = await run(log.append(records, "always the same"))
  expect(appended.every(({ stored }) => stored)).toBe(true)
}
export const stored = (appended: ReadonlyArray<Appended>) =>
  appended.map((one) => {
    if (!one.stored) throw new Error(`not stored: ${one.reason}`)
    return one
  })
