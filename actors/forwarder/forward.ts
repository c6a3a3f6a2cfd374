/**
 * Forwards a claimed batch to the centre and accounts for its lines: forwarded, which counts as stored with a place in the
 * centre, or too large for any message. Keeps no state.
 */
import { Cause, Effect } from "effect"
import { forwardedPartition, type Placement, type Rejection } from "../../contracts/batch.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import type { PushId, Topic } from "../../contracts/ids.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import type { BatchOutcome, Lines } from "../runtime/inbox/batch-outcome.ts"
import { pushIdFrom } from "../runtime/push-id.ts"
import { type Topics, topicOf } from "../transform/topics.ts"
import type { PushToCentre } from "./centre.ts"

/** Bytes of a message that are left for everything but its only line. */
const headBytes = 1_024

/** A line over this size, bytes, fits into no message: it becomes a dead letter of the edge. */
export const maxLineBytes = maxMessageBytes - headBytes

/** The id of the push of a batch, or of a part of one: the same in every retry, because a batch never changes. */
export const pushIdOf = ({ id, digest, first }: Pick<Lines, "id" | "digest" | "first">): PushId =>
  pushIdFrom(`${id} ${digest} ${first}`)

/** Makes the function that forwards a batch. Fails with `unavailable` only, whatever went wrong: the batch is not the cause. */
export const makeForward =
  (push: PushToCentre, topics: Topics) =>
  (batch: Lines): Effect.Effect<BatchOutcome, Failure> => {
    const { id: batchId, digest, first, claimed } = batch
    const id = pushIdOf(batch)
    const [only] = topics.all.length === 1 ? topics.all : []
    const topicOfLine = (line: ByteString): Topic => only ?? topicOf(line, topics)
    const counts = new Map<Topic, number>()
    const rejected: Array<Rejection> = []
    const lines: Array<ByteString> = []
    for (const [i, line] of batch.lines.entries()) {
      const topic = topicOfLine(line)
      if (line.length > maxLineBytes) {
        rejected.push({ index: first + i, topic, stage: "drainer", reason: "too large" })
        continue
      }
      lines.push(line)
      counts.set(topic, (counts.get(topic) ?? 0) + 1)
    }
    const placements = Array.from(
      counts,
      ([topic, count]): Placement => ({
        topic,
        partition: forwardedPartition,
        offset: id,
        count,
        at: claimed
      })
    )
    const received = new Map(counts)
    for (const { topic } of rejected) received.set(topic, (received.get(topic) ?? 0) + 1)
    const outcome = {
      receipt: { id: batchId, digest, stored: lines.length, placements, rejected },
      received
    }
    // A batch of too large lines alone needs no line to the centre. An empty batch probes it.
    if (lines.length === 0 && rejected.length > 0) return Effect.succeed(outcome)
    const named = topics.standard === standardTopic ? {} : { defaultTopic: topics.standard }
    return push({ id, lines, ...named }).pipe(
      Effect.catchCauseIf(Cause.hasDies, (cause) =>
        Effect.fail(new Failure({ reason: "unavailable", message: String(Cause.squash(cause)) }))
      ),
      Effect.as(outcome)
    )
  }

/** The default of KAFKA_TOPIC: an edge that leaves it expects no topic of the centre. */
const standardTopic = "events"
