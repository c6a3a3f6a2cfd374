/**
 * The messages between the viewer and its clients: browsers on the WebSocket and at /api, curl at /live, `bun run tap`.
 * All JSON. Types only.
 */
import type { CopyStage } from "../../../contracts/event-copy.ts"
import type { Param } from "../../../contracts/wire/params.ts"

/** An event filter; all given parts must match, case-insensitively. The query of GET /live has the same names. */
export interface Filter {
  /** The stage: `stored` (default) is read from the log; the others are copies of events in flight. */
  readonly stage?: CopyStage
  /** A part of the event type; `=app_open` matches the whole type. */
  readonly type?: string
  readonly topic?: string
  /** The whole country code. */
  readonly country?: string
  /** The whole device type (phone, tablet, desktop, bot …). */
  readonly device?: string
  /** `name` (exists), `name=value` (equals), `name~part` (contains); several are separated by `&`. */
  readonly param?: string
  /** A part of the raw line or record or of the decoded event type, or the event's id. */
  readonly text?: string
}

/** Milliseconds since 1970 at each stage that the event has passed. */
export type Times = Readonly<Partial<Record<"received" | "claimed" | "enriched" | "sent" | "logged", number>>>

/** An event as people see it, decoded; values masked by VIEWER_MASK are `•••`. */
export interface EventView {
  readonly stage: CopyStage
  /** Event id: batch id, dash, place; empty for a record of another program. */
  readonly id: string
  readonly topic: string
  /** Its place in the log; undefined if it is not there (yet). */
  readonly partition: number | undefined
  readonly offset: string | undefined
  /** When it passed this stage; for `stored` the log's own time. */
  readonly timestamp: number
  /** The event type, percent-decoded; `raw` has it as written. */
  readonly type: string
  readonly country: string
  /** The device for people, as precisely as known; and its type, for the filter. */
  readonly device: string
  readonly deviceType: string
  readonly address: string
  /** The time from the edge to the enricher, milliseconds. */
  readonly klag: number | undefined
  readonly meta: ReadonlyArray<Param>
  readonly params: ReadonlyArray<Param>
  /** The record as text; for `raw` and `rejected` the line. */
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
   * Events read since the viewer started (all, not only matching ones), and in the last second; null while the viewer
   * cannot read the log.
   */
  readonly total: number
  readonly rate: number | null
  /** One in this many matching events is sent; 1: all. Of this message's events, or else of the previous ones. */
  readonly sample: number
  /**
   * Events dropped since the previous message, apart from sampling: because the client was too slow or paused for long, or
   * (for stages other than `stored`, not only matching ones) because there were too many to copy.
   */
  readonly dropped: number
  /** Oldest first. */
  readonly events: ReadonlyArray<EventView>
}

/**
 * Browser to server on the WebSocket (`/live?ticket=…`, with the ticket of POST /api/ticket): which events to send from
 * now on (beginning with recent matching ones, also while paused), to pause and to resume. Nothing is sent before the
 * first `watch`. Any other message, or a filter with other names, closes the socket.
 */
export type LiveOrder = { readonly watch: Filter } | { readonly pause: true } | { readonly resume: true }

/** One step of an event's timeline. */
export interface Step {
  /** `gateway`, `queue`, `drainer`, `enricher`, `bridge`, `log`, or a consumer's name. */
  readonly stage: string
  /** What happened, for people. */
  readonly what: string
  /** Milliseconds since 1970; undefined: not yet, or no longer known. */
  readonly at: number | undefined
  /** Milliseconds since the previous step; undefined if either time is unknown. */
  readonly after: number | undefined
}

/**
 * GET /api/events/<id>?logged=<ms>: where the event is (see actors/inspect/locate-event.ts), and its timeline so far.
 * `logged`, the log's own time of its record if known, makes the search faster.
 */
export interface TimelineView {
  readonly id: string
  readonly state: "not an id" | "in flight" | "dead letter" | "stored" | "not found"
  readonly sentence: string
  /** One for each record in the log: more than one if it was sent again. */
  readonly records: ReadonlyArray<EventView>
  /** The line of an event in flight or of a dead letter. */
  readonly line?: EventView
  readonly steps: ReadonlyArray<Step>
  /** The time from the edge to the log, milliseconds; undefined if it is not in the log. */
  readonly wholeWay: number | undefined
  readonly troubles: ReadonlyArray<string>
}

/**
 * GET /api/search?<Filter without stage>&since=<ms>&until=<ms>&limit=<n>&order=<newest|oldest>&cursor=<text>: the events
 * that the log still holds, the oldest first unless `order` says otherwise. An answer has at most 4 MiB of events; an event
 * longer than any from the gateway is cut.
 */
export interface SearchView {
  readonly events: ReadonlyArray<EventView>
  /**
   * The number of records scanned, and whether the whole time range was scanned; if not, continue from `next`: as `since`,
   * or, with the newest first, as `until`.
   */
  readonly looked: number
  readonly complete: boolean
  readonly next: number | undefined
  /** More events of the last millisecond are left: repeat the request with this `cursor` to get them. */
  readonly cursor?: string
  readonly troubles: ReadonlyArray<string>
}

/**
 * GET /api/series/<name>?minutes=<n>, or ?since=<ms>&until=<ms>: figures over time, of the events that this viewer
 * has read in the last hour, or of those that the log holds for that time range. Names: `types`, `countries`,
 * `devices` (events a second of the largest ten and `(other)`), `klag` (milliseconds: p50, p90, p99), `all` (events a second).
 */
export interface SeriesView {
  readonly name: string
  readonly unit: string
  /** The starts of the intervals of `step` seconds, in seconds since 1970. */
  readonly step: number
  readonly times: ReadonlyArray<number>
  /** The number of intervals with known figures. */
  readonly known: number
  /** null: no events, or unknown. */
  readonly lines: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number | null> }>
  /** For a time range: why parts of it are unknown. */
  readonly troubles: ReadonlyArray<string>
}

/** POST /api/test-event: sends an event through the gateway. `marker` is the value of its parameter `spoor_test`. */
export interface TestEvent {
  readonly type: string
  readonly params: Readonly<Record<string, string>>
  /** A write key, if the gateway requires one. */
  readonly key?: string
}
export interface TestAnswer {
  readonly marker: string
  /** The gateway's answer, and its duration in milliseconds. */
  readonly status: number
  readonly body: string
  readonly took: number
  /** When it was sent, milliseconds since 1970. */
  readonly at: number
}
