/**
 * Click statistics per campaign link: clicks, by country, platform, device and type of device, those of bots and those with an
 * advertising id; and conversions, by country. Runs only when named.
 */

import { clicks } from "../gateway/links/click.ts"
import { adidOf, lookupKeyOf, platformOf } from "./attributor/candidate-keys.ts"
import { conversionType } from "./attributor/conversion.ts"
import { conversionsTopic } from "./attributor/conversions-topic.ts"
import { linkOf } from "./attributor/link-of.ts"
import { counter } from "./counter/counter.ts"
import type { CountedEvent } from "./inspect/counters/counted-event.ts"
import type { Counting } from "./inspect/counters/counting.ts"

/** Keys are the link's id, or the id, a space and the value; a click without a link has the empty id. */
export const clickCounting: Counting = {
  summary:
    "Counts clicks per campaign link, by country, platform and device, and conversions. Runs only when named.",
  count: (event) => {
    const { type } = event
    const isClick = (type === "click" || type === "go") && lookupKeyOf(event) !== undefined
    if (!isClick && type !== conversionType) return []
    const link = linkOf(event) ?? ""
    const country = event.meta("country") || (event.param("country") ?? "")
    if (!isClick) return rows({ "conversions-by-link": link, "conversions-by-country": `${link} ${country}` })
    return rows({
      ...{ "clicks-by-link": link, "clicks-by-country": `${link} ${country}` },
      "clicks-by-platform": `${link} ${platformOf(event)}`,
      "clicks-by-device": `${link} ${event.meta("device_name")}`,
      "clicks-by-device-type": `${link} ${deviceTypeOf(event)}`,
      ...(isBot(event) ? { "bot-clicks-by-link": link } : {}),
      ...(event.param("idfa_comb") || adidOf(event) !== undefined ? { "clicks-with-id-by-link": link } : {})
    })
  }
}

const rows = (keys: Readonly<Record<string, string>>) =>
  Object.entries(keys).map(([table, key]) => ({ table, key, by: 1 }))

/** The type of device in either dialect, in lower case; empty for bots, as in the old system. */
const deviceTypeOf = (event: CountedEvent): string =>
  event.meta("device") || (isBot(event) ? "" : event.meta("type").toLowerCase())

const isBot = (event: CountedEvent): boolean => event.meta("bot_name") !== "" || event.meta("type") === "Bot"

export const ClickStats = counter("click-stats", clickCounting, { only: clicks, also: conversionsTopic })
