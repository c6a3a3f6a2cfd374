/** `match_found`: an offer and a search match; both owners are notified and the event `mtf` is sent, once per pair and window. Pure. */
import {
  FieldProblem,
  type RequestFields,
  readDeviceId,
  textIn
} from "../../../bridge/device-mappings/read-fields.ts"
import type { NewDelivery } from "../../../bridge/reaction-store/service.ts"
import type { Step } from "../../../contracts/reactions/rule.ts"
import { deliveryOf, occasionOf, oncePer } from "./occasion.ts"

/** The line of the ledger. */
const rule = "match-found"

/** Reads `{category, offer, search}`. Throws `FieldProblem` for the first field that is missing or invalid. */
export const matchFound = (
  body: RequestFields,
  now: number,
  windowMs: number,
  forMs: number
): ReadonlyArray<NewDelivery> => {
  if (body.category !== "match_found") throw new FieldProblem("category", "must be match_found.")
  const offer = sideOf(body, "offer")
  const search = sideOf(body, "search")
  const pair = `${offer.offer_id}.${search.search_id}`
  const occasion = occasionOf("match_found", pair, { ...offer, ...search }, now, forMs)
  const once = (name: string) => [oncePer(`${name}.${pair}`, occasion, windowMs)]
  return [
    deliveryOf(occasion, rule, "offer", notifyOwner("offer"), once("offer")),
    deliveryOf(occasion, rule, "search", notifyOwner("search"), once("search")),
    deliveryOf(occasion, rule, "emit", emitMatch, once("mtf"))
  ]
}

const notifyOwner = (side: "offer" | "search"): Step => ({
  notify: {
    device: `{{ params.${side}_device_id }}`,
    text: `match-found-${side}`,
    data: {
      category: "match_found",
      offer_id: "{{ params.offer_id }}",
      search_id: "{{ params.search_id }}"
    }
  }
})

const emitMatch: Step = {
  emit: {
    type: "mtf",
    params: {
      ...{ oid: "{{ params.offer_id }}", olat: "{{ params.offer_lat }}", olng: "{{ params.offer_lng }}" },
      ...{ oradi: "{{ params.offer_radi }}", sid: "{{ params.search_id }}" },
      ...{
        slat: "{{ params.search_lat }}",
        slng: "{{ params.search_lng }}",
        sradi: "{{ params.search_radi }}"
      }
    }
  }
}

const maxChars = 1_000

/** The fields of one side as parameters: `offer_id`, `offer_title`, … */
const sideOf = (body: RequestFields, side: "offer" | "search"): Readonly<Record<string, string>> => {
  const given = body[side]
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new FieldProblem(side, 'must be an object: {"device_id", "title", "id", "lat", "lng", "radi"}.')
  const fields = Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => [`${side}.${name}`, value])
  )
  const numberIn = (name: string): string => {
    const text = textIn(fields, `${side}.${name}`, maxChars)
    if (text === undefined || !Number.isFinite(Number(text)))
      throw new FieldProblem(`${side}.${name}`, "must be a number.")
    return text
  }
  const id = textIn(fields, `${side}.id`, maxChars)
  if (id === undefined) throw new FieldProblem(`${side}.id`, `is missing: send the id of the ${side}.`)
  return {
    [`${side}_device_id`]: readDeviceId(fields, `${side}.device_id`),
    [`${side}_title`]: textIn(fields, `${side}.title`, maxChars) ?? "",
    [`${side}_id`]: id,
    [`${side}_lat`]: numberIn("lat"),
    [`${side}_lng`]: numberIn("lng"),
    [`${side}_radi`]: numberIn("radi")
  }
}
