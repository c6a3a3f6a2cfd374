/** Event logs for tests, and readers that record the batches delivered to them. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Exit, Fiber, Logger, type Scope } from "effect"
import { makeKafka } from "../../bridge/event-log/kafka/log.ts"
import type {
  EventLog,
  LogRecord,
  NewRecord,
  ReadOptions,
  RecordBatch
} from "../../bridge/event-log/service.ts"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { eventually } from "./eventually.ts"

export type Log = EventLog["Service"]

/** A log, and a second one on the same data, as in another process. */
export interface TwoLogs {
  readonly log: Log
  readonly other: Log
}
export type OpenLogs = Effect.Effect<TwoLogs, Failure, Scope.Scope>

export const openKafka = (broker: string): Effect.Effect<Log, never, Scope.Scope> =>
  makeKafka({ brokers: [broker], tls: false, login: undefined }, "gzip")

export const logsOnKafka = (broker: string): OpenLogs =>
  Effect.all({ log: openKafka(broker), other: openKafka(broker) })

export const logsInFile: OpenLogs = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-log-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  return { log: yield* makeSqlite(directory), other: yield* makeSqlite(directory) }
})

let made = 0
/** A name that no other test uses, for a topic or a group. */
export const newName = (what: string): string =>
  `test.${what}.${Date.now().toString(36)}.${process.pid}.${made++}`
export const newTopic = (): Topic => newName("topic") as Topic

export const record = (topic: Topic, text: string, more: Partial<NewRecord> = {}): NewRecord => ({
  topic,
  value: new TextEncoder().encode(text),
  headers: {},
  ...more
})

export const textOf = ({ value }: LogRecord): string => new TextDecoder().decode(value)

/** A running reader of a log. */
export interface TestReader {
  readonly batches: ReadonlyArray<RecordBatch>
  /** The texts of all records delivered so far. */
  readonly texts: () => ReadonlyArray<string>
  /** Resolves when at least `count` records have been delivered. */
  readonly has: (count: number) => Promise<void>
  /** Interrupts the reader; resolves with its exit when it has stopped. */
  readonly stop: () => Promise<Exit.Exit<never, Failure>>
}

/** Starts a reader, which reads until `stop`. `handle` runs before a batch counts as delivered; by default it does nothing. */
export const startReader = (
  log: Log,
  options: ReadOptions,
  handle: (batch: RecordBatch) => Effect.Effect<void, unknown> = () => Effect.void
): TestReader => {
  const batches: Array<RecordBatch> = []
  const keep = (batch: RecordBatch) =>
    Effect.andThen(
      handle(batch),
      Effect.sync(() => void batches.push(batch))
    )
  const quiet = Logger.layer([])
  const fiber = Effect.runFork(Effect.provide(log.read(options, keep), quiet))
  const texts = (): ReadonlyArray<string> => batches.flatMap(({ records }) => records.map(textOf))
  return {
    batches,
    texts,
    has: async (count) => {
      await eventually(`${count} records are read`, () => texts().length >= count, 40_000)
    },
    stop: () => Effect.runPromise(Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber)))
  }
}
