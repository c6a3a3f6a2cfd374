/** An event of the live feed, shared by its subscribers: decoded and formatted as JSON at most once, when first needed. */

import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView } from "../../inspect/events/messages.ts"
import { shortView } from "../../inspect/events/shorten-view.ts"
import { type FeedRecord, feedRecord } from "../../inspect/events/staged-event.ts"
import type { DecodedRecord } from "../decoded-record.ts"

/** Limit of an event's texts in the live list, characters; GET /api/events/<id> returns all of them. */
const maxRawChars = 16_000

export abstract class LiveEvent {
  readonly #mask: Mask
  #view: EventView | undefined
  #json: string | undefined

  constructor(mask: Mask) {
    this.#mask = mask
  }

  abstract readonly stage: CopyStage
  abstract readonly topic: string
  abstract readonly id: string
  abstract readonly value: ByteString
  protected abstract record(): FeedRecord

  get bytes(): number {
    return this.value.length
  }

  get view(): EventView {
    this.#view ??= eventView(this.record(), this.#mask)
    return this.#view
  }

  /** The view as JSON, shortened to the limit. */
  get json(): string {
    this.#json ??= JSON.stringify(shortView(this.view, maxRawChars))
    return this.#json
  }
}

/** A record of the log. */
export class StoredLiveEvent extends LiveEvent {
  readonly stage = "stored"
  readonly #position: Pick<RecordBatch, "topic" | "partition">
  readonly #record: DecodedRecord

  constructor(position: Pick<RecordBatch, "topic" | "partition">, record: DecodedRecord, mask: Mask) {
    super(mask)
    this.#position = position
    this.#record = record
  }

  get topic(): string {
    return this.#position.topic
  }

  get id(): string {
    return this.#record.headers.id ?? ""
  }

  get value(): ByteString {
    return this.#record.text
  }

  protected record(): FeedRecord {
    return feedRecord(this.#position, this.#record)
  }
}

/** A copy of an event at another stage. */
export class CopiedLiveEvent extends LiveEvent {
  readonly #record: FeedRecord

  constructor(record: FeedRecord, mask: Mask) {
    super(mask)
    this.#record = record
  }

  get stage(): CopyStage {
    return this.#record.stage
  }

  get topic(): string {
    return this.#record.topic
  }

  get id(): string {
    return this.#record.id
  }

  get value(): ByteString {
    return this.#record.value
  }

  protected record(): FeedRecord {
    return this.#record
  }
}
