/** The campaign link of a click or a conversion. Pure. */
import type { CountedEvent } from "../inspect/counters/counted-event.ts"

/** The id of the link: `campaign_link_id`, else the id in the path `/click/<id>/go`; undefined for another event. */
export const linkOf = (event: Pick<CountedEvent, "param" | "path">): string | undefined =>
  event.param("campaign_link_id") || /^\/click\/([^/]+)\/go\/?$/.exec(event.path)?.[1]
