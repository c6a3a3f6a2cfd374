/** Shared by the tests of both search orders: queries, contexts, and suites on every log. */
import { describe, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { noMask } from "../../../../actors/inspect/events/mask.ts"
import type { SearchContext, SearchQuery } from "../../../../actors/viewer/history/search-query.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"
import { kafka } from "../../../support/kafka.ts"
import { type Log, logsInFile, openKafka } from "../../../support/logs.ts"
import { serverUrl } from "../../../support/server.ts"

/** Matches everything. */
export const all: SearchQuery = { filter: {}, since: 0, until: Number.MAX_SAFE_INTEGER, limit: 100 }

export const on = (
  log: Pick<Log, "scan">,
  topics: ReadonlyArray<Topic>,
  timeoutMs: number
): SearchContext => ({ scan: log.scan, topics, mask: noMask, timeoutMs })

/** Resolves when the topics exist. */
export const ready = (log: Log, topics: ReadonlyArray<Topic>) =>
  Effect.promise(() =>
    eventually("the topics exist", () => Effect.runPromise(Effect.isSuccess(log.ensureTopics(topics))))
  )

export type Check = <A>(name: string, body: (log: Log) => Effect.Effect<A, unknown, Scope.Scope>) => void

/** Runs the suite on a log in a file and, if a broker is available, on Kafka. */
export const describeOnLogs = async (name: string, suite: (check: Check) => void): Promise<void> => {
  const broker = await serverUrl(kafka)
  const kafkaLog = Effect.map(openKafka(broker ?? ""), (log) => ({ log, other: log }))
  const checkOn =
    (open: typeof logsInFile): Check =>
    (what, body) =>
      test(what, () =>
        Effect.runPromise(Effect.asVoid(Effect.scoped(Effect.flatMap(open, ({ log }) => body(log)))))
      )
  describe(`${name} in a file`, () => suite(checkOn(logsInFile)))
  describe.skipIf(broker === undefined)(`${name} on Kafka`, () => suite(checkOn(kafkaLog)))
}
