/** An event of the feed, as those who watch share it: decoded and written as JSON at most once, when first asked for. */

import { eventView } from "../../inspect/events/event-view.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView } from "../../inspect/events/messages.ts"
import { shortView } from "../../inspect/events/shorten-view.ts"
import type { FeedRecord } from "../../inspect/events/staged-event.ts"

/** An event's texts may be so long on the live list, in characters; GET /api/events/<id> tells all of them. */
const longestRaw = 16_000

export class LiveEvent {
  /** What its bytes weigh. */
  readonly weight: number
  readonly #read: () => FeedRecord
  readonly #mask: Mask
  #record: FeedRecord | undefined
  #view: EventView | undefined
  #text: string | undefined

  constructor(read: () => FeedRecord, weight: number, mask: Mask) {
    this.weight = weight
    this.#read = read
    this.#mask = mask
  }

  get record(): FeedRecord {
    this.#record ??= this.#read()
    return this.#record
  }

  get view(): EventView {
    this.#view ??= eventView(this.record, this.#mask)
    return this.#view
  }

  /** As JSON, shortened where it is very long. */
  get text(): string {
    this.#text ??= JSON.stringify(shortView(this.view, longestRaw))
    return this.#text
  }
}
