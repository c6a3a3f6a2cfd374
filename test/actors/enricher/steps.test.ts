/** Enrichment steps on the bus: what they add, and every way in which one fails, optional and required. */
import { describe, expect, test } from "bun:test"
import { Buffer } from "node:buffer"
import { ConfigProvider, Effect, Metric } from "effect"
import { makeSteps } from "../../../actors/enricher/steps.ts"
import { Deadline } from "../../../actors/runtime/deadline.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { EnrichedBatch } from "../../../contracts/batch.ts"
import { Failure } from "../../../contracts/failure.ts"
import { type BatchDigest, emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import {
  readStepRequest,
  type StepResult,
  stepQueue,
  stepSubject,
  writeStepReply
} from "../../../contracts/messages/step.ts"
import { Store } from "../../../contracts/requests.ts"

const batchOf = (...queries: ReadonlyArray<string>): EnrichedBatch => ({
  id: newBatchId(),
  digest: emptyDigest,
  claimed: 1,
  enriched: 2,
  events: queries.map((query, index) => ({
    index,
    topic: Topic.make("events"),
    value: Buffer.from(`buy type=Mobile ${query}`, "latin1"),
    received: 3
  }))
})

type Answer = (batch: EnrichedBatch) => Uint8Array | "never" | "stopped"
const steps = (
  answers: Readonly<Record<string, Answer>>,
  setting: string,
  batch: EnrichedBatch,
  deadline = Number.POSITIVE_INFINITY
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const bus = yield* MessageBus
      for (const [name, answer] of Object.entries(answers))
        yield* bus.serve(stepSubject(name), stepQueue(name), ({ payload }) =>
          Effect.suspend(() => {
            const reply = answer(readStepRequest(payload))
            if (reply === "stopped") return Effect.interrupt
            return reply === "never"
              ? Effect.as(Effect.sleep(1_000), new Uint8Array())
              : Effect.succeed(reply)
          })
        )
      const pass = yield* makeSteps
      const result = yield* Effect.result(pass(batch))
      return { result, counted: yield* countedEvents }
    })
  ).pipe(
    Effect.provideService(Deadline, deadline),
    Effect.provideService(MessageBus, makeInProcess()),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromUnknown({ ENRICH_STEPS: setting })
    ),
    Effect.runPromise
  )

/** Counted events by step and outcome, without those at 0. */
const countedEvents = Effect.map(Metric.snapshot, (all) =>
  Object.fromEntries(
    all.flatMap((one) => {
      if (one.id !== "spoor_enrich_step_events_total") return []
      const { step, outcome } = one.attributes as { step: string; outcome: string }
      const count = Number((one.state as { count: number }).count)
      return count === 0 ? [] : [[`${step} ${outcome}`, count]]
    })
  )
)

const reply = ({ id, digest }: EnrichedBatch, verdicts: Partial<StepResult>): Uint8Array =>
  writeStepReply({ id, digest, added: [], failed: [], ...verdicts })

const texts = ({ events }: Pick<EnrichedBatch, "events">) =>
  events.map(({ value }) => Buffer.from(value).toString("latin1").split(" ")[2])

const add =
  (name: string): Answer =>
  (batch) =>
    reply(batch, {
      added: batch.events.map(({ index, value }) => ({ index, params: { [name]: String(value.length) } }))
    })

describe("steps", () => {
  test("without steps a batch passes as it is", async () => {
    const batch = batchOf("a=1")
    const { result } = await steps({}, "", batch)
    expect(result).toMatchObject({ success: { events: batch.events, rejected: [] } })
  })

  test("each sees the parameters of those before it", async () => {
    const { result, counted } = await steps(
      { one: add("one"), two: add("two") },
      "one,two:required",
      batchOf("a", "bb")
    )
    expect(result._tag === "Success" && texts(result.success)).toEqual([
      "two=24&one=17&a",
      "two=25&one=18&bb"
    ])
    expect(counted).toEqual({ "one added": 2, "two added": 2 })
  })

  test("an event that it cannot handle goes on without it, or is rejected when it is required", async () => {
    const answer: Answer = (batch) =>
      reply(batch, {
        added: [{ index: 1, params: { one: "x" } }],
        failed: [{ index: 0, message: "no model" }]
      })
    const optional = await steps({ one: answer }, "one", batchOf("a", "b", "c"))
    expect(optional.result._tag === "Success" && texts(optional.result.success)).toEqual([
      "a",
      "one=x&b",
      "c"
    ])
    expect(optional.counted).toEqual({ "one added": 1, "one failed": 1, "one unchanged": 1 })
    const required = await steps({ one: answer }, "one:required", batchOf("a", "b", "c"))
    expect(required.result).toMatchObject({
      success: {
        events: [{ index: 1 }, { index: 2 }],
        rejected: [
          {
            index: 0,
            topic: "events",
            stage: "enricher",
            reason: "not enriched",
            detail: "the enrichment step one: no model"
          }
        ]
      }
    })
  })

  test("a batch without events probes the required steps only", async () => {
    const asked: Array<string> = []
    const see =
      (name: string): Answer =>
      (batch) => {
        asked.push(name)
        return reply(batch, {})
      }
    const { result } = await steps({ one: see("one"), two: see("two") }, "one,two:required", batchOf())
    expect(result).toMatchObject({ success: { events: [], rejected: [] } })
    expect(asked).toEqual(["two"])
  })

  test("a batch that is too large for one message is asked about in parts", async () => {
    const half = "x".repeat(Math.floor(maxMessageBytes * 0.6))
    const { result, counted } = await steps({ one: add("one") }, "one:required", batchOf(half, half))
    expect(result._tag === "Success" && result.success.events.map(({ index }) => index)).toEqual([0, 1])
    expect(counted).toEqual({ "one added": 2 })
  })
})

const other = (batch: EnrichedBatch): EnrichedBatch => ({
  ...batch,
  digest: "0123456789abcdef" as BatchDigest
})
const one = { index: 0, params: { one: "1" } }

const failures: ReadonlyArray<readonly [string, Answer | undefined, string, string]> = [
  ["nobody answers", undefined, "no-responders", "the enrichment step one: "],
  ["it never answers", () => "never", "no-answer", "the enrichment step one did not answer within 100 ms"],
  ["no MessagePack", () => Uint8Array.of(0xc1), "unreadable", "not a step reply"],
  ["another batch", (batch) => reply(other(batch), { added: [one] }), "unreadable", "instead of"],
  ["an unknown event", (batch) => reply(batch, { added: [{ ...one, index: 7 }] }), "unreadable", "event 7"],
  ["an event twice", (batch) => reply(batch, { added: [one, one] }), "unreadable", "twice"],
  [
    "a foreign name",
    (batch) => reply(batch, { added: [{ index: 0, params: { email: "x" } }] }),
    "unreadable",
    'added the parameter "email" to event 0: it may add one and names that begin with one_'
  ],
  ["it is full", () => writeStepReply(new Failure({ reason: "busy", message: "full" })), "busy", "full"],
  [
    "it stops, or its connection is lost: an outage, no silence that counts as an attempt",
    () => "stopped",
    "timeout",
    "the enrichment step one: "
  ],
  ["it crashes", () => writeStepReply(new Failure({ reason: "crashed", message: "boom" })), "crashed", "boom"]
]

describe.each(failures)("%s", (_, answer, reason, message) => {
  const answers = answer === undefined ? {} : { one: answer }
  test("fails the batch when the step is required", async () => {
    const { result, counted } = await steps(answers, "one:required:100ms", batchOf("a", "b"))
    expect(result).toMatchObject({ failure: { reason, message: expect.stringContaining(message) } })
    expect(counted).toEqual({ [`one ${reason}`]: 2 })
  })

  test("lets the events go on without its parameters when it is optional", async () => {
    const { result, counted } = await steps(answers, "one:optional:100ms", batchOf("a", "b"))
    expect(result._tag === "Success" && texts(result.success)).toEqual(["a", "b"])
    expect(counted).toEqual({ [`one ${reason}`]: 2 })
  })
})

test("the bridge keeps its time: a step that would take it is not asked", async () => {
  const deadline = Date.now() + Store.timeout
  const { result, counted } = await steps({ one: add("one") }, "one:required", batchOf("a"), deadline)
  expect(result).toMatchObject({ failure: { reason: "expired" } })
  expect(counted).toEqual({ "one expired": 1 })
})
