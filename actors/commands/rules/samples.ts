/** The records that rules are tried on: a line that somebody writes, one event of the log, or those since a time. */
import { Clock, Effect, Result } from "effect"
import type { EventLog, LogRecord } from "../../../bridge/event-log/service.ts"
import { clockSlack } from "../../../bridge/event-log/service.ts"
import { bytesOf } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { splitEventId, type Topic } from "../../../contracts/ids.ts"
import { makeDryRun } from "../../inspect/dead-letters/dry-run.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import { readTopics } from "../../transform/topics.ts"

/** A record with the topic that it is in, or would be in. */
export interface Sample {
  readonly topic: Topic
  readonly record: LogRecord
}

type Scan = EventLog["Service"]["scan"]

/** The id of an event that was never stored. */
const exampleId = `${"0".repeat(32)}-0`

/**
 * The record that a line becomes, by the functions of the drainer and the enricher. A text without a space is the path and
 * the query of a line: `bud?owner=anna`. Fails with "unreadable" for one that becomes a dead letter.
 */
export const sampleOfLine = Effect.fnUntraced(function* (text: string) {
  const now = yield* Clock.currentTimeMillis
  const line = fromReadable(text.includes(" ") ? text : lineOfPath(text, now))
  if (Result.isFailure(line)) return yield* unreadable(line.failure)
  const dryRun = yield* makeDryRun(yield* readTopics)
  const tried = dryRun(line.success, now)
  if (tried.kind === "dead") {
    const { stage, reason } = tried.rejection
    return yield* unreadable(`The line would become a dead letter of the ${stage}: ${reason}.`)
  }
  const { topic, key, value } = tried
  const record = { offset: "0", timestamp: now, key, value, headers: { id: exampleId } }
  return { topic, record } satisfies Sample
})

const lineOfPath = (text: string, now: number): string => {
  const [path = "", ...query] = text.split("?")
  const whole = path.startsWith("/") ? path : `/t/${path}`
  return `127.0.0.1 ${now} localhost rules-try ${bytesOf(whole)} ${query.join("?") || "e"} spoor`
}

/** The record of the event in the log. Fails with "unreadable" when there is none. */
export const sampleOfEvent = Effect.fnUntraced(function* (
  id: string,
  scan: Scan,
  topics: ReadonlyArray<Topic>
) {
  const batch = splitEventId(id)?.batch
  if (batch === undefined)
    return yield* unreadable(`"${id}" is not an event id: it has 32 hex digits, a dash and a number.`)
  let found: Sample | undefined
  const since = Math.max(0, Number.parseInt(batch.slice(0, 12), 16) - 2 * clockSlack)
  yield* scan({ topics, since }, ({ topic, records }) => {
    const record = records.find(({ headers }) => headers.id === id)
    if (record !== undefined) found = { topic, record }
    return record !== undefined
  })
  return found ?? (yield* unreadable(`The log has no event ${id}: it is not stored yet, or it was deleted.`))
})

const unreadable = (message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason: "unreadable", message }))
