/**
 * Replies that a sender cannot use: no MessagePack, a receipt for other lines, or one that does not account for every
 * event. They are failures of the responder, never of the event: the batch is not counted as tried. The log names the
 * responder, at most once in 10 s for each sender. Lives as long as its sender.
 */
import { Clock, Effect } from "effect"
import type { BusReply } from "../../bridge/message-bus/service.ts"
import { Failure } from "../../contracts/failure.ts"

/** The shortest time between two log lines, milliseconds. */
const logIntervalMs = 10_000

/** The responder, for people. */
export const nameOfInstance = ({ instance }: Pick<BusReply, "instance">): string =>
  instance === undefined ? "an instance without a name" : `instance ${instance}`

export interface BadReplies {
  /** Logs the reply and returns its failure, "unreadable". `what`: a clause with what is wrong. */
  readonly fail: (reply: BusReply, what: string) => Effect.Effect<never, Failure>
}

/** `subject`: of the requests. */
export const badRepliesOn = (subject: string): BadReplies => {
  let loggedAt = Number.NEGATIVE_INFINITY
  let unlogged = 0
  return {
    fail: Effect.fnUntraced(function* (reply, what) {
      const message = `the reply of ${nameOfInstance(reply)} on ${subject} is unusable: ${what}`
      const now = yield* Clock.currentTimeMillis
      if (now - loggedAt < logIntervalMs) unlogged += 1
      else {
        const more = unlogged === 0 ? "" : `; ${unlogged} more such replies were not logged`
        loggedAt = now
        unlogged = 0
        yield* Effect.logWarning(
          `${message}. The batch is tried again and is not counted as tried. Stop or mend that instance${more}.`
        )
      }
      return yield* new Failure({ reason: "unreadable", message })
    })
  }
}
