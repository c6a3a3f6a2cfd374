/**
 * What the deliverer needs of the notifier: a notification becomes one message for each registered channel of its device,
 * and a message becomes an HTTP call, which the deliverer makes. Lives as long as the deliverer that made it.
 */
import type { Effect } from "effect"
import type { NewDelivery, Suppression } from "../../bridge/reaction-store/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import type {
  Answer,
  DeliveryContent,
  DeliveryId,
  Message,
  ReactionEvent
} from "../../contracts/reactions/delivery.ts"
import type { Call, Rule } from "../../contracts/reactions/rule.ts"

/** A rendered `notify` step. With `text`, title and message come from the text of that name in the device's language. */
export interface RenderedNotify {
  readonly device: string
  readonly title: string
  readonly message: string
  readonly text: string | undefined
  readonly url: string
  readonly data: Readonly<Record<string, string>>
}

/** The delivery whose step notifies. `expires`: ms since 1970; its messages are tried until then. */
export interface NotifyingDelivery {
  readonly id: DeliveryId
  readonly rule: string
  readonly expires: number
  readonly content: DeliveryContent
}

/** The names that templates of texts and channels read. `seed`: the id of the delivery. */
export interface MessageContext {
  readonly event: ReactionEvent
  readonly answers: Readonly<Record<string, Answer>>
  readonly seed: string
}

/** The part of the rules' renderer that messages need. All throw an error with a sentence. */
export interface MessageRenderer {
  readonly check: (rule: Rule) => void
  readonly text: (template: string, context: MessageContext) => string
  readonly call: (call: Call, context: MessageContext) => RenderedCall
}

/** A rendered call as `actors/rules/render.ts` makes it. */
export interface RenderedCall {
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: string | undefined
  readonly timeoutMs: number | undefined
  readonly accepts: (status: number) => boolean
  readonly sign: string | undefined
  readonly as: string | undefined
}

/**
 * The call that sends a message. The `authorization` header and the query and path of `url` are secrets, so that people see
 * its origin only. `address` is the registered value it goes to, for `afterMessage`.
 */
export interface RenderedMessage extends Omit<RenderedCall, "body"> {
  readonly body: string | Uint8Array | undefined
  readonly address: string
}

/**
 * The deliveries to add when the step has succeeded, and what is counted as matched and suppressed: `no device` for a device
 * without a mapping, `no channel` for one without a channel, `not configured` for a channel that this installation lacks.
 */
export interface Expanded {
  readonly spawn: ReadonlyArray<NewDelivery>
  readonly suppressed: ReadonlyArray<Suppression>
}

/**
 * Every failure with `retry` comes from a system that did not respond: release the delivery, or try it later. Any other one
 * is final: its message says why, and the delivery becomes a dead letter.
 */
export interface Messages {
  readonly expandNotify: (
    delivery: NotifyingDelivery,
    notify: RenderedNotify
  ) => Effect.Effect<Expanded, Failure>
  readonly renderMessage: (
    message: Message,
    delivery: { readonly id: DeliveryId; readonly expires: number }
  ) => Effect.Effect<RenderedMessage, Failure>
  /**
   * To be called with every answer to a message, before the delivery is settled. `gone`: the address does not exist any
   * longer and was removed from the mapping; the delivery is final, and its target stays enabled for the others.
   */
  readonly afterMessage: (
    message: Message,
    address: string,
    answer: Answer
  ) => Effect.Effect<"gone" | "there", Failure>
}
