/**
 * Dead letters and dry runs as the pages show them: bytes from clients are escaped, and what VIEWER_MASK hides is masked.
 * The detail of a rejection may quote the event, and a key is part of it: with a mask both are hidden. Pure.
 */
import { Buffer } from "node:buffer"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import { type ByteString, bytesOf, textOf } from "../../../contracts/event.ts"
import { readDeadDelivery } from "../../../contracts/reactions/dead-delivery.ts"
import type { DryRun } from "../../inspect/dead-letters/dry-run.ts"
import type { FoundDeadLetter } from "../../inspect/dead-letters/search.ts"
import { readable } from "../../inspect/escape-bytes.ts"
import { type Mask, maskedText } from "../../inspect/events/mask.ts"
import { visibleLine, visibleRecord } from "../../inspect/events/masked-bytes.ts"
import { maxJsonBodyBytes } from "../http/request-body.ts"
import { isPossible, type TriedDelivery, triedDeliveryText } from "./try-delivery.ts"

/** Limits of the bytes shown: of a line in a list, of a line on its own page, and of a detail or key. */
const maxListedBytes = 400
export const maxOpenBytes = 256 * 1024
const maxTextBytes = 4_000

/** A dead letter in a list. When it was not written by Spoor, only its line is known. */
export interface ListedDeadLetter extends Partial<Omit<DeadLetter, "line" | "v">> {
  readonly address: string
  readonly queue: string
  /** The beginning of the line, escaped; the size of the whole line, bytes; and whether `line` is all of it. */
  readonly line: string
  readonly size: number
  readonly isWhole: boolean
}

/** A dead letter on its own page. */
export interface OpenDeadLetter extends ListedDeadLetter {
  /** The bytes of `line`, for other views of them. */
  readonly base64: string
  /** Whether it is small enough to be edited on the page and nothing of it is masked. */
  readonly isEditable: boolean
  /** The stored text of the dead letter, escaped. */
  readonly envelope: string
  /** Of a delivery: what it is, for people. */
  readonly delivery?: DeliveryView
}

/** A delivery on the page of its dead letter; `step`: of how many, like `2 of 3`. */
export interface DeliveryView {
  readonly id: string
  readonly rule: string
  readonly target: string
  readonly event: string
  readonly type: string
  readonly step: string
}

/** Undefined for any other line. */
export const deliveryView = ({ line, letter }: FoundDeadLetter): DeliveryView | undefined => {
  if (letter?.stage !== "deliverer") return undefined
  try {
    const { delivery, rule, target, content } = readDeadDelivery(textOf(line))
    const { event, at, steps, message } = content
    const step = message === undefined ? `${at + 1} of ${steps.length}` : `a message by ${message.channel}`
    return { id: delivery, rule, target, event: event.id, type: event.type, step }
  } catch {
    return undefined
  }
}

export const listedDeadLetter = (found: FoundDeadLetter, mask: Mask): ListedDeadLetter =>
  deadLetterView(found, maxListedBytes, mask)

export const openDeadLetter = (found: FoundDeadLetter, mask: Mask): OpenDeadLetter => {
  const view = deadLetterView(found, maxOpenBytes, mask)
  const delivery = deliveryView(found)
  const shown = { ...view, ...(delivery === undefined ? {} : { delivery }) }
  if (mask.isOn) {
    const masked = visibleLine(found.line, mask).slice(0, maxOpenBytes)
    return {
      ...shown,
      base64: Buffer.from(masked, "latin1").toString("base64"),
      isEditable: false,
      envelope: maskedText
    }
  }
  return {
    ...shown,
    base64: Buffer.from(found.line.slice(0, maxOpenBytes), "latin1").toString("base64"),
    isEditable: view.isWhole && JSON.stringify(view.line).length < maxJsonBodyBytes * 0.9,
    envelope: textBeginning(found.text, maxOpenBytes).text
  }
}

const deadLetterView = (
  { address, queue, line, letter }: FoundDeadLetter,
  maxBytes: number,
  mask: Mask
): ListedDeadLetter => {
  const { text, isWhole } = textBeginning(visibleLine(line, mask), maxBytes)
  const known = { address, queue, line: text, size: line.length, isWhole }
  if (letter === undefined) return known
  const { id, reason, detail, stage, topic, attempts, first, last } = letter
  const shownDetail = detail === undefined ? {} : { detail: shownText(detail, mask) }
  return { ...known, id, reason, stage, topic, attempts, first, last, ...shownDetail }
}

/** The first `maxBytes` bytes, escaped; a UTF-8 character is never cut in two. */
export const textBeginning = (
  bytes: ByteString,
  maxBytes: number
): { readonly text: string; readonly isWhole: boolean } => {
  if (bytes.length <= maxBytes) return { text: readable(bytes), isWhole: true }
  const cut = bytes.slice(0, maxBytes).replace(/[\xc0-\xff][\x80-\xbf]{0,3}$/, "") as ByteString
  return { text: readable(cut), isWhole: false }
}

/** The result of a dry run. */
export type DryRunView =
  | {
      readonly kind: "stored"
      readonly topic: string
      readonly isTopicUnknown: boolean
      readonly key: string
      readonly record: string
    }
  | { readonly kind: "dead"; readonly reason: string; readonly stage: string; readonly detail: string }
  /** Of a delivery: what would be sent, as text. */
  | {
      readonly kind: "delivery"
      readonly rule: string
      readonly target: string
      readonly isPossible: boolean
      readonly requests: string
    }

/** With a mask the requests are hidden: they may contain anything of the event. */
export const triedDeliveryView = (tried: TriedDelivery, mask: Mask): DryRunView => ({
  ...{ kind: "delivery", rule: tried.rule, target: tried.target, isPossible: isPossible(tried) },
  requests: mask.isOn ? maskedText : triedDeliveryText(tried).slice(0, maxOpenBytes)
})

export const dryRunView = (dryRun: DryRun, mask: Mask): DryRunView => {
  if (dryRun.kind === "dead") {
    const { reason, stage, detail = "" } = dryRun.rejection
    return { kind: "dead", reason, stage, detail: shownText(detail, mask) }
  }
  const { topic, isTopicUnknown, key = "", value } = dryRun
  return {
    kind: "stored",
    topic,
    isTopicUnknown,
    key: shownText(key, mask),
    record: textBeginning(visibleRecord(byteStringOf(value), mask), maxOpenBytes).text
  }
}

/** A text that is shown or hidden as a whole; a very long one is shortened. */
export const shownText = (text: string, mask: Mask): string => {
  if (mask.isOn && text !== "") return maskedText
  const beginning = textBeginning(bytesOf(text), maxTextBytes)
  return beginning.isWhole ? beginning.text : `${beginning.text} …`
}
