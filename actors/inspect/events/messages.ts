/**
 * What goes between the viewer and those who look: browsers on the socket and at /api, curl at /live, `bun run tap`.
 * JSON throughout.
 */
import type { CopyStage } from "../../../contracts/event-copy.ts"
import type { Param } from "../../../contracts/wire/params.ts"

/** What to show; all that is given must hold. Texts match in any case. The same names are the query's of GET /live. */
export interface Filter {
  /** Which stage to watch: `stored` (default) is read from the log; the others are copies of what flows. */
  readonly stage?: CopyStage
  /** A part of the event type; `=app_open` is the whole. */
  readonly type?: string
  readonly topic?: string
  /** Country code, whole. */
  readonly country?: string
  /** Device type (phone, tablet, desktop, bot …), whole. */
  readonly device?: string
  /** `name` (is there), `name=value` (is that), `name~part` (contains); several are separated by `&`. */
  readonly param?: string
  /** Stands anywhere in the raw line or record or in the decoded event type, or is the event's id. */
  readonly text?: string
}

/** Milliseconds since 1970 at each stage that the event has passed. */
export type Times = Readonly<Partial<Record<"received" | "claimed" | "enriched" | "sent" | "logged", number>>>

/** An event as people see it. Texts are texts; what VIEWER_MASK hides is `•••`. */
export interface EventView {
  readonly stage: CopyStage
  /** Event id: batch id, dash, place; empty for a record that others wrote. */
  readonly id: string
  readonly topic: string
  /** Where it lies in the log; undefined when it is not there (yet). */
  readonly partition: number | undefined
  readonly offset: string | undefined
  /** When this stage had it: of `stored` the log's own time. */
  readonly timestamp: number
  /** The event type, percent-decoded; `raw` has it as it travels. */
  readonly type: string
  readonly country: string
  /** What is best known of the device, for a person; its type, for the filter. */
  readonly device: string
  readonly deviceType: string
  readonly address: string
  /** Milliseconds between the edge and the enricher. */
  readonly klag: number | undefined
  readonly meta: ReadonlyArray<Param>
  readonly params: ReadonlyArray<Param>
  /** The record as text; of `raw` and `rejected` the line. */
  readonly raw: string
  readonly times: Times
  /** Of `rejected`. */
  readonly reason?: string
  readonly detail?: string
  readonly by?: string
}

/** Server to browser on the socket, and `data:` of GET /live. */
export interface LiveMessage {
  /**
   * Events seen since the viewer started (all, not only those that match) and how many came in the last second; null while
   * the viewer cannot read the log.
   */
  readonly total: number
  readonly rate: number | null
  /** Of those that match, one in so many is shown; 1: all. Of the events of this message, or else of those before. */
  readonly sample: number
  /**
   * How many were left out since the message before, beside the sampling: because the reader was too slow or paused for
   * long, or (of stages other than `stored`, not only those that match) because there were too many to copy.
   */
  readonly dropped: number
  /** Oldest first. */
  readonly events: ReadonlyArray<EventView>
}

/**
 * Browser to server on the socket (`/live?ticket=…`, the ticket of POST /api/ticket): what to watch from now on
 * (beginning with what is kept that matches, also while paused), to pause and to go on. Nothing is told before the
 * first `watch`. Anything else, a filter with other names too, ends the socket.
 */
export type LiveOrder = { readonly watch: Filter } | { readonly pause: true } | { readonly resume: true }

/** One step of an event's way. */
export interface Step {
  /** `gateway`, `queue`, `drainer`, `enricher`, `bridge`, `log`, or a consumer's name. */
  readonly stage: string
  /** What happened, for a person: "taken at the edge", "claimed after waiting", "counted". */
  readonly what: string
  /** Milliseconds since 1970; undefined: not yet, or no longer known. */
  readonly at: number | undefined
  /** Milliseconds since the step before; undefined where one of both is. */
  readonly after: number | undefined
}

/**
 * GET /api/events/<id>?logged=<ms>: where it is (see actors/inspect/locate-event.ts), and its way so far. `logged`, the log's
 * own time of its record where that is known, lets it be found sooner.
 */
export interface TimelineView {
  readonly id: string
  readonly state: "not an id" | "in flight" | "dead letter" | "stored" | "not found"
  readonly sentence: string
  /** One for each record in the log: more than one when it was sent again. */
  readonly records: ReadonlyArray<EventView>
  /** Of one in flight or set aside: its line. */
  readonly line?: EventView
  readonly steps: ReadonlyArray<Step>
  /** Milliseconds from the edge to the log; undefined when it is not there. */
  readonly wholeWay: number | undefined
  readonly troubles: ReadonlyArray<string>
}

/**
 * GET /api/search?<Filter without stage>&since=<ms>&until=<ms>&limit=<n>&order=<newest|oldest>&cursor=<text>: what the log
 * still holds, the oldest first unless `order` says otherwise. An answer has at most 4 MiB of events; of one that is longer
 * than any from the gateway, the beginning.
 */
export interface SearchView {
  readonly events: ReadonlyArray<EventView>
  /**
   * Records looked at, and whether all of that time was looked through; if not, go on from `next`: as `since`, or with
   * the newest first as `until`.
   */
  readonly looked: number
  readonly complete: boolean
  readonly next: number | undefined
  /** More events of the last millisecond are left: to go on with them, ask the same again with this `cursor`. */
  readonly cursor?: string
  readonly troubles: ReadonlyArray<string>
}

/**
 * GET /api/series/<name>?minutes=<n>, or ?since=<ms>&until=<ms>: figures over time, of the events this viewer has read
 * in the last hour, or of those that the log holds of that time. Names: `types`, `countries`,
 * `devices` (events a second of the largest ten and `(other)`), `klag` (milliseconds: p50, p90, p99), `all` (events a second).
 */
export interface SeriesView {
  readonly name: string
  readonly unit: string
  /** Seconds since 1970, the beginnings of intervals of `step` seconds. */
  readonly step: number
  readonly times: ReadonlyArray<number>
  /** Of so many intervals it is known what was there. */
  readonly known: number
  /** null: nothing was there, or it is not known. */
  readonly lines: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number | null> }>
  /** Of a range of time: why not all of it is known. */
  readonly troubles: ReadonlyArray<string>
}

/** POST /api/test-event: sends an event through the gateway. `marker` is the value of its parameter `spoor_test`. */
export interface TestEvent {
  readonly type: string
  readonly params: Readonly<Record<string, string>>
  /** A write key, where the gateway asks for one. */
  readonly key?: string
}
export interface TestAnswer {
  readonly marker: string
  /** What the gateway answered, and how long it took in milliseconds. */
  readonly status: number
  readonly body: string
  readonly took: number
  /** When it was sent, milliseconds since 1970. */
  readonly at: number
}
