/** Sends one event of a person's making through the gateway, as any client would, and tells what it answered. */
import { Schema } from "effect"
import type { TestAnswer, TestEvent } from "../../inspect/events/messages.ts"

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(200))
const Value = Schema.String.check(Schema.isMaxLength(10_000))

/** What may be sent. A path segment of dots alone would lead elsewhere. */
export const TestOrder = Schema.Struct({
  type: Name.check(Schema.isPattern(/^(?!\.{1,2}$)[^\p{Cc}]+$/u)),
  params: Schema.Record(Name, Value),
  key: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[!-~]{0,200}$/)))
})

export const testShape = '{"type": name, "params": {name: value}, "key"?: write key}'

/** The parameter by which the event is known again. */
export const markerParam = "spoor_test"

/** How long the gateway may take, milliseconds; and how much of its answer is told, characters. */
const patience = 5_000
const toldOfBody = 2_000

/** The gateway could not be asked; the message is a sentence for a person. */
export class GatewayAway extends Error {}

/** Sends an event; rejects with `GatewayAway` when nobody answers. */
export type SendTest = (event: TestEvent) => Promise<TestAnswer>

/** `findGateway` returns its URL, or undefined where none is known; asked each time, since a gateway may start later. */
export const sendTestTo =
  (findGateway: () => string | undefined): SendTest =>
  async ({ type, params, key = "" }) => {
    const gateway = findGateway()
    if (gateway === undefined) {
      throw new GatewayAway("No gateway is known: set GATEWAY_URL to where events are sent.")
    }
    const marker = crypto.randomUUID()
    const at = Date.now()
    const begin = performance.now()
    try {
      const answer = await fetch(`${gateway}/t/${encodeURIComponent(type)}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === "" ? {} : { "x-write-key": key }) },
        body: JSON.stringify({ ...params, [markerParam]: marker }),
        redirect: "manual",
        signal: AbortSignal.timeout(patience)
      })
      const body = (await answer.text()).slice(0, toldOfBody)
      return { marker, status: answer.status, body, took: Math.round(performance.now() - begin), at }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new GatewayAway(`The gateway at ${gateway} (GATEWAY_URL) did not answer: ${why}`)
    }
  }

/** `scheme://host:port` and a path before the events, without a slash at its end; undefined for what is no such URL. */
export const gatewayBase = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, pathname } = new URL(text)
  return protocol === "http:" || protocol === "https:"
    ? `${origin}${pathname.replace(/\/+$/, "")}`
    : undefined
}
