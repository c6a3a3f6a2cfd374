/** Applies privacy to an event before its line is written, by the client's signals and the settings. Keeps no state. */
import type { ByteString } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"
import { withoutParams } from "../../contracts/wire/query.ts"
import type { EdgeEvent, Privacy } from "../accept-events.ts"
import { type Mask, masked, noAddress } from "./mask.ts"
import { type PolicyOf, signalOf } from "./signals.ts"
import { type AddVisitor, visitorNames } from "./visitor-id.ts"

export const privacyReasons = ["dnt", "gpc", "header"] as const
export type PrivacyReason = (typeof privacyReasons)[number]

/** Counts one event. Must not fail. */
export type CountPrivacy = (outcome: "dropped" | "anonymised", reason: PrivacyReason) => void

export interface PrivacySettings {
  readonly policy: PolicyOf | undefined
  /** The topic of an event without one, by its host; undefined for the default topic. */
  readonly topicOfHost?: ((host: ByteString) => Topic | undefined) | undefined
  readonly mask: Mask | undefined
  /** Headers by which a client declares its events anonymous, with any value but `0`. */
  readonly anonymousHeaders: ReadonlyArray<string>
  readonly visitor: AddVisitor | undefined
  readonly count: CountPrivacy
}

/** Undefined when every privacy setting is off: privacy then costs nothing per event. */
export const privacyOf = (settings: PrivacySettings): Privacy | undefined => {
  const { policy, topicOfHost, mask, anonymousHeaders, visitor, count } = settings
  if (policy === undefined && mask === undefined && visitor === undefined && anonymousHeaders.length === 0) {
    return undefined
  }

  const isAnonymous = (headers: Headers): boolean =>
    anonymousHeaders.some((name) => {
      const value = headers.get(name)?.trim()
      return value !== undefined && value !== "" && value !== "0"
    })

  const hideAddress = (event: EdgeEvent): EdgeEvent =>
    mask === undefined ? event : { ...event, address: masked(event.address, mask) }

  const anonymised = (event: EdgeEvent, reason: PrivacyReason): EdgeEvent => {
    count("anonymised", reason)
    const query = visitor === undefined ? event.query : withoutParams(event.query, visitorNames)
    return { ...event, query, address: noAddress }
  }

  return (event, { request, now }) => {
    const signal = policy === undefined ? undefined : signalOf(request.headers)
    const action =
      signal === undefined ? "keep" : (policy?.(event.topic ?? topicOfHost?.(event.host)) ?? "keep")
    if (signal !== undefined && action === "drop") {
      count("dropped", signal)
      return undefined
    }
    if (signal !== undefined && action === "anonymise") return anonymised(event, signal)
    if (isAnonymous(request.headers)) return anonymised(event, "header")
    return hideAddress(visitor === undefined ? event : visitor(event, now))
  }
}
