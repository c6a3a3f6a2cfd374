/** Sends a test event through the gateway, as any client would, and returns the gateway's response. Keeps nothing. */
import { Schema } from "effect"
import type { TestAnswer, TestEvent } from "../../inspect/events/messages.ts"

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(200))
const Value = Schema.String.check(Schema.isMaxLength(10_000))

/** A valid test event. The type becomes a path segment, so it must not consist of dots alone. */
export const TestEventCommand = Schema.Struct({
  type: Name.check(Schema.isPattern(/^(?!\.{1,2}$)[^\p{Cc}]+$/u)),
  params: Schema.Record(Name, Value),
  key: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[!-~]{0,200}$/)))
})

export const testEventShape = '{"type": name, "params": {name: value}, "key"?: write key}'

/** The parameter that identifies a test event. */
export const markerParam = "spoor_test"

/** Time limit of the gateway's response, ms; and how much of its body is returned, characters. */
const gatewayTimeoutMs = 5_000
const maxBodyChars = 2_000

/** The gateway could not be reached; the message is a sentence for a person. */
export class GatewayUnreachable extends Error {}

/** Rejects with `GatewayUnreachable`. */
export type SendTest = (event: TestEvent) => Promise<TestAnswer>

/** `findGateway` returns the gateway's URL, undefined when unknown; called each time, since a gateway may start later. */
export const sendTestTo =
  (findGateway: () => string | undefined): SendTest =>
  async ({ type, params, key = "" }) => {
    const gateway = findGateway()
    if (gateway === undefined) {
      throw new GatewayUnreachable("No gateway is known: set GATEWAY_URL to the gateway's address.")
    }
    const marker = crypto.randomUUID()
    const at = Date.now()
    const startedAt = performance.now()
    try {
      const response = await fetch(`${gateway}/t/${encodeURIComponent(type)}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === "" ? {} : { "x-write-key": key }) },
        body: JSON.stringify({ ...params, [markerParam]: marker }),
        redirect: "manual",
        signal: AbortSignal.timeout(gatewayTimeoutMs)
      })
      const body = (await response.text()).slice(0, maxBodyChars)
      return { marker, status: response.status, body, took: Math.round(performance.now() - startedAt), at }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new GatewayUnreachable(`The gateway at ${gateway} (GATEWAY_URL) did not respond: ${reason}`)
    }
  }

/** `scheme://host:port` and a base path without a trailing slash; undefined for anything but an HTTP URL. */
export const gatewayBaseUrl = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, pathname } = new URL(text)
  return protocol === "http:" || protocol === "https:"
    ? `${origin}${pathname.replace(/\/+$/, "")}`
    : undefined
}
