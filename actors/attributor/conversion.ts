/** The record of a conversion: the parameters of the click and of the event that it won. Pure. */
import type { ByteString } from "../../contracts/event.ts"
import { parseParams } from "../../contracts/wire/params.ts"
import { splitRecord } from "../../contracts/wire/record.ts"
import type { Emission } from "../keyed/definition.ts"
import type { KeptEvent } from "../keyed/kept-event.ts"
import { readKept } from "../keyed/keyed-event.ts"
import { adidOf, lookupKeyOf, platformOf } from "./candidate-keys.ts"
import { linkOf } from "./link-of.ts"

/** The type of a conversion: an install that a click won. */
export const conversionType = "mac"

/**
 * A conversion of that type. First the attributor's own parameters: `click_id`, `click_time`, `event_id`, `event_time`
 * (milliseconds since 1970, at the edge), `platform` and `country` of the event, `adid` of the event or else of the click,
 * `campaign_link_id` and `lookup_key` of the click. Then those of the click, then those of the event. A name that is there already with another value gets a prefix:
 * `click.<name>`, `event.<name>`.
 */
export const conversion = (type: string, click: KeptEvent, event: KeptEvent): Emission => {
  const [clicked, caused] = [readKept(click), readKept(event)]
  const adid = (caused && adidOf(caused)) ?? (clicked && adidOf(clicked))
  const own: Readonly<Record<string, string | number | undefined>> = {
    ...{ click_id: click.id, click_time: click.received, event_id: event.id, event_time: event.received },
    ...{ platform: caused && platformOf(caused.event), country: caused?.meta("country"), adid },
    campaign_link_id: clicked && linkOf(clicked.event),
    lookup_key: clicked && lookupKeyOf(clicked)
  }
  const params = new Map<string, string | number>()
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && value !== "") params.set(name, value)
  addAll(params, "click", click)
  addAll(params, "event", event)
  return { type, params: Object.fromEntries(params) }
}

const addAll = (params: Map<string, string | number>, role: string, { text }: KeptEvent): void => {
  const record = splitRecord(text as ByteString)
  for (const [name, value] of record === undefined ? [] : parseParams(record.params)) {
    if (name === "" || String(params.get(name)) === value) continue
    const free = params.has(name) ? `${role}.${name}` : name
    if (!params.has(free)) params.set(free, value)
  }
}
