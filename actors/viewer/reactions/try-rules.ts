/** What rules would do for an event, without sending anything. Keeps nothing. */
import { Clock, Effect, Option, Schema, type Semaphore } from "effect"
import type { EventLog, LogRecord } from "../../../bridge/event-log/service.ts"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { encodeValue } from "../../../contracts/wire/percent.ts"
import type { TryLine } from "../../inspect/dead-letters/dry-run.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import { visibleRecord } from "../../inspect/events/masked-bytes.ts"
import { locateEvent } from "../../inspect/locate-event.ts"
import { type Preview, type PreviewedStep, previewRule } from "../../rules/preview.ts"
import { reactionEventOf } from "../../rules/read-event.ts"
import type { Renderer } from "../../rules/render.ts"
import type { Topics } from "../../transform/topics.ts"
import type { TryCommand, WrittenEvent } from "./commands.ts"
import type { TriedRule, TriedStep } from "./messages.ts"

/** A record to try rules on. */
export interface Sample {
  readonly topic: Topic
  readonly record: LogRecord
}

export interface SamplePlaces {
  readonly sources: ReadonlyArray<QueueSource>
  readonly scan: EventLog["Service"]["scan"]
  readonly topics: Topics
  readonly dryRun: TryLine
  /** Limits concurrent searches. */
  readonly searches: Semaphore.Semaphore
}

/** Time limit of a search for an event, milliseconds. */
const searchTimeoutMs = 15_000

/** The id of an event that was never stored. */
const exampleId = `${"0".repeat(32)}-0`

/** The record of the command; undefined for none. Fails with "unreadable" and a sentence for people. */
export const sampleOf = (
  { line, event }: Pick<TryCommand, "line" | "event">,
  places: SamplePlaces
): Effect.Effect<Sample | undefined, Failure> => {
  if (line !== undefined && event !== undefined) return refused("Send a line or an event, not both.")
  if (line !== undefined) return Effect.flatMap(lineIn(line), (bytes) => fromLine(bytes, places))
  if (event === undefined) return Effect.succeed(undefined)
  return typeof event === "string" ? fromId(event, places) : fromWritten(event, places)
}

const refused = (message: string) => Effect.fail(new Failure({ reason: "unreadable", message }))

const lineIn = (line: string): Effect.Effect<ByteString, Failure> => {
  const read = fromReadable(line)
  return read._tag === "Success" ? Effect.succeed(read.success) : refused(read.failure)
}

const fromLine = Effect.fnUntraced(function* (line: ByteString, { dryRun }: SamplePlaces) {
  const now = yield* Clock.currentTimeMillis
  const tried = dryRun(line, now)
  if (tried.kind === "stored") return sample(tried.topic, tried.value, exampleId, now)
  const { reason, stage } = tried.rejection
  return yield* refused(`The line would become a dead letter of the ${stage}: "${reason}".`)
})

const fromId = Effect.fnUntraced(function* (id: string, places: SamplePlaces) {
  const { sources, scan, topics, searches } = places
  const search = locateEvent(id, { sources, scan, topics, timeoutMs: searchTimeoutMs })
  const found = yield* searches.withPermitsIfAvailable(1)(search)
  if (Option.isNone(found))
    return yield* Effect.fail(
      new Failure({ reason: "busy", message: "Too many searches are running: try again later." })
    )
  const { records, underWay, letters, sentence } = found.value
  const [record] = records
  if (record !== undefined) {
    const at = record.times.at(-1)?.[1] ?? (yield* Clock.currentTimeMillis)
    return sample(record.topic as Topic, record.value, id, at)
  }
  const line = underWay[0]?.line ?? letters[0]?.line
  return line === undefined ? yield* refused(sentence) : yield* fromLine(line, places)
})

const decodeTopic = Schema.decodeUnknownOption(Topic)

const fromWritten = Effect.fnUntraced(function* (written: WrittenEvent, { topics }: SamplePlaces) {
  const topic = written.topic === undefined ? Option.some(topics.standard) : decodeTopic(written.topic)
  if (Option.isNone(topic)) return yield* refused("The topic of the event is not a valid name.")
  const meta = new Map([["type", ""], ...Object.entries(written.meta ?? {})])
  const pairs = (list: ReadonlyArray<readonly [string, string]>): string =>
    list.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&")
  const params = Object.entries(written.params ?? {}).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one) => [name, one] as const)
  )
  const text = `${encoded(written.type)} ${pairs([...meta])} ${pairs(params)}`
  const at = written.time ?? (yield* Clock.currentTimeMillis)
  return sample(topic.value, new TextEncoder().encode(text), written.id ?? exampleId, at)
})

const encoded = (text: string): string => encodeValue(bytesOf(text))

const sample = (topic: Topic, value: Uint8Array, id: string, timestamp: number): Sample => ({
  topic,
  record: { offset: "0", timestamp, key: undefined, value, headers: { id } }
})

/** The sample with `•••` in place of what the mask hides, so that no condition and no template can reveal it. */
export const maskedSample = ({ topic, record }: Sample, mask: Mask): Sample => {
  if (!mask.isOn) return { topic, record }
  const { text: _, ...rest } = record
  const value = Uint8Array.from(visibleRecord(byteStringOf(record.value), mask), (char) => char.charCodeAt(0))
  return { topic, record: { ...rest, value } }
}

/** What a rule would do for the sample. */
export const triedRule = (rule: Rule, { record, topic }: Sample, renderer: Renderer): TriedRule => {
  const event = reactionEventOf(record, topic)
  const { outcome, why, often, steps } = previewRule(rule, record, topic, renderer)
  return {
    rule: rule.name,
    event: { id: event?.id ?? "", type: event?.type ?? "", topic },
    outcome,
    why: whyText(outcome, why),
    often: often ?? "",
    steps: steps.map((step) => triedStep(step))
  }
}

const whyText = (outcome: Preview["outcome"], why: string | undefined): string => {
  if (why === undefined) return ""
  return outcome === "suppressed" ? `suppressed: ${why}` : why
}

const triedStep = ({
  kind,
  target,
  isSkipped,
  waitsFor,
  call,
  emit,
  notify,
  problem
}: PreviewedStep): TriedStep => {
  const notes = [
    ...(isSkipped ? ["It is not done: its condition does not hold."] : []),
    ...(waitsFor.length === 0
      ? []
      : [`It reads the answer of ${waitsFor.join(", ")}, which is not known yet.`])
  ]
  const head = { kind, target, note: notes.join(" "), ...(problem === undefined ? {} : { problem }) }
  if (call !== undefined) {
    const { method, url, headers, body = "", signature } = call
    const sign = signature === undefined ? "with WEBHOOK_SECRET, if it is set" : `with secret ${signature}`
    const signed = signature === "none" ? "" : `It is signed ${sign}.`
    return { ...head, note: [...notes, signed].join(" ").trim(), title: `${method} ${url}`, headers, body }
  }
  if (emit !== undefined)
    return { ...head, title: `event ${emit.type}`, headers: pairsOf(emit.params), body: "" }
  if (notify !== undefined) return { ...head, title: "message", headers: pairsOf(notify), body: "" }
  return { ...head, title: "", headers: [], body: "" }
}

const pairsOf = (texts: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [string, string]> =>
  Object.entries(texts).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value)
  ])
