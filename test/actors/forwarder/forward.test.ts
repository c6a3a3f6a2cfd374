/** What forwarding a batch accounts for, and that no failure counts against it. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { makeForward, maxLineBytes, pushIdOf } from "../../../actors/forwarder/forward.ts"
import type { Lines } from "../../../actors/runtime/inbox/batch-outcome.ts"
import type { Topics } from "../../../actors/transform/topics.ts"
import { accountsFor, forwardedPartition } from "../../../contracts/batch.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { BatchDigest, newBatchId, PushId, Topic } from "../../../contracts/ids.ts"
import type { PushedLines } from "../../../contracts/messages/pushed-lines.ts"

const [events, clicks] = [Topic.make("events"), Topic.make("clicks")]
const one: Topics = { standard: events, allowed: new Set(), all: [events] }
const two: Topics = { standard: events, allowed: new Set(["clicks"]), all: [events, clicks] }

const batchOf = (...lines: ReadonlyArray<string>): Lines => ({
  id: newBatchId(),
  digest: BatchDigest.make("0123456789abcdef"),
  first: 0,
  claimed: 7,
  lines: lines as ReadonlyArray<ByteString>
})
const indices = ({ first, lines }: Lines) => lines.map((_, i) => first + i)

test("lines are pushed as they are, under an id of the batch, and count as stored in the centre by topic", async () => {
  const got: Array<PushedLines> = []
  const forward = makeForward((pushed) => Effect.sync(() => void got.push(pushed)), two)
  const batch = batchOf(
    "203.0.113.9 1795206900 clicks /a e curl/8",
    "no line",
    "1.2.3.4 1795206900123 h p /t/buy e curl/8"
  )
  const { receipt, received } = await Effect.runPromise(forward(batch))
  expect(got).toEqual([{ id: pushIdOf(batch), lines: batch.lines }])
  expect(PushId.make(pushIdOf(batch))).toBe(pushIdOf(batch))
  expect(received).toEqual(
    new Map([
      [clicks, 1],
      [events, 2]
    ])
  )
  expect(accountsFor(receipt, batch, indices(batch))).toBe(true)
  expect(receipt.placements).toEqual([
    { topic: clicks, partition: forwardedPartition, offset: pushIdOf(batch), count: 1, at: 7 },
    { topic: events, partition: forwardedPartition, offset: pushIdOf(batch), count: 2, at: 7 }
  ])
})

test("the id is the same in every retry, and another for another batch, part or content", () => {
  const batch = batchOf("a")
  expect(pushIdOf({ ...batch })).toBe(pushIdOf(batch))
  const others = [
    { ...batch, first: 1 },
    { ...batch, digest: BatchDigest.make("f".repeat(16)) },
    batchOf("a")
  ]
  expect(new Set([batch, ...others].map(pushIdOf)).size).toBe(4)
})

test("a line that no message can hold is rejected, the others go on", async () => {
  const got: Array<PushedLines> = []
  const forward = makeForward((pushed) => Effect.sync(() => void got.push(pushed)), one)
  const batch = batchOf("x".repeat(maxLineBytes + 1), "a")
  const { receipt, received } = await Effect.runPromise(forward(batch))
  expect(got.map(({ lines }) => lines)).toEqual([["a" as ByteString]])
  expect(receipt.rejected).toEqual([{ index: 0, topic: events, stage: "drainer", reason: "too large" }])
  expect(received).toEqual(new Map([[events, 2]]))
  expect(accountsFor(receipt, batch, indices(batch))).toBe(true)
  await Effect.runPromise(forward(batchOf("x".repeat(maxLineBytes + 1))))
  expect(got.length).toBe(1)
})

test("a topic of one's own is told to the centre, the default is not", async () => {
  const got: Array<PushedLines> = []
  const push = (pushed: PushedLines) => Effect.sync(() => void got.push(pushed))
  await Effect.runPromise(makeForward(push, { ...one, standard: clicks, all: [clicks] })(batchOf("a")))
  await Effect.runPromise(makeForward(push, one)(batchOf("a")))
  expect(got.map(({ defaultTopic }) => defaultTopic)).toEqual([clicks, undefined])
})

test("a crash is a failure of the line too: it never counts as an attempt", async () => {
  const crashing = makeForward(() => Effect.die(new Error("boom")), one)
  const failure = await Effect.runPromise(Effect.flip(crashing(batchOf("a"))))
  expect([failure instanceof Failure, failure.infrastructure]).toEqual([true, true])
})
