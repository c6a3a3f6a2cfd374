/** The viewer's HTTP API as the pages use it: one typed function per endpoint. */

import type {
  EventView,
  SearchView,
  SeriesView,
  TestAnswer,
  TestEvent,
  TimelineView
} from "../../inspect/events/messages.ts"
import type { Ledger } from "../../inspect/ledger/types.ts"
import type { SystemView } from "../../inspect/pipeline/system-view.ts"
import type { Counter, TableRow } from "../counters.ts"
import type { BulkOutcome } from "../dead-letters/bulk-operations.ts"
import type { DryRunCommand } from "../dead-letters/commands.ts"
import type { DeadLetterList } from "../dead-letters/service.ts"
import type { DryRunView, ListedDeadLetter, OpenDeadLetter } from "../dead-letters/view.ts"
import type { EventLocationView } from "../event-location-view.ts"
import type { RangeTables } from "../history/range-counts.ts"
import { getJson, postJson } from "./fetch-json.ts"

export type {
  BulkOutcome,
  Counter,
  DeadLetterList,
  DryRunView,
  EventLocationView,
  ListedDeadLetter,
  OpenDeadLetter,
  TableRow
}

/** The tables of a counter since counting began. */
export interface CounterTables extends Counter {
  readonly rows: Readonly<Record<string, ReadonlyArray<TableRow>>>
}

/** The tables of a counter in a time range, counted from the log. */
export type RangeCounterTables = Counter & RangeTables

/** The filter of dead letters as texts of the address; the server checks them. */
export type DeadLetterFilter = Readonly<Partial<Record<"reason" | "stage" | "topic" | "text", string>>>

/** Dead letters by their addresses. */
interface Chosen {
  readonly letters: ReadonlyArray<string>
}

/** `line` replaces that of a single dead letter; `force` also replays dead letters that were replayed too often. */
export interface ChosenReplay extends Chosen {
  readonly line?: string
  readonly force?: boolean
}

interface Filtered {
  readonly filter: DeadLetterFilter
}

const encoded = encodeURIComponent

export const getSystem = (signal?: AbortSignal): Promise<SystemView> => getJson("/api/system", signal)

export const getLedger = (signal?: AbortSignal): Promise<Ledger> => getJson("/api/ledger", signal)

export const locateEvent = (id: string): Promise<EventLocationView> =>
  getJson(`/api/where-is?id=${encoded(id)}`)

export const getTimeline = (id: string): Promise<TimelineView> => getJson(`/api/events/${encoded(id)}`)

export const searchHistory = (query: URLSearchParams, signal: AbortSignal): Promise<SearchView> =>
  getJson(`/api/search?${query}`, signal)

/** `query` is empty or begins with "?". */
export const getSeries = (name: string, query: string, signal?: AbortSignal): Promise<SeriesView> =>
  getJson(`/api/series/${encoded(name)}${query}`, signal)

export const getCounters = (): Promise<ReadonlyArray<Counter>> => getJson("/api/counters")

export const getCounterTables = (name: string, signal?: AbortSignal): Promise<CounterTables> =>
  getJson(`/api/counters/${encoded(name)}`, signal)

/** `query` begins with "?" and names the range. */
export const getRangeCounterTables = (
  name: string,
  query: string,
  signal?: AbortSignal
): Promise<RangeCounterTables> => getJson(`/api/counters/${encoded(name)}${query}`, signal)

export const resetTable = (counter: string, table: string): Promise<unknown> =>
  postJson("/api/counters/reset", { counter, table })

export const listDeadLetters = (query: URLSearchParams): Promise<DeadLetterList> =>
  getJson(`/api/dead-letters?${query}`)

export const getDeadLetter = (address: string): Promise<OpenDeadLetter> =>
  getJson(`/api/dead-letters/letter?address=${encoded(address)}`)

export const replayDeadLetters = (command: ChosenReplay | Filtered): Promise<BulkOutcome> =>
  postJson("/api/dead-letters/replay", command)

export const discardDeadLetters = (command: Chosen | Filtered): Promise<BulkOutcome> =>
  postJson("/api/dead-letters/discard", command)

export const dryRun = (command: DryRunCommand): Promise<DryRunView> =>
  postJson("/api/dead-letters/try", command)

export const getGateway = (): Promise<{ readonly url: string | null }> => getJson("/api/gateway")

export const sendTestEvent = (event: TestEvent): Promise<TestAnswer> => postJson("/api/test-event", event)

/** A ticket that opens one live connection. */
export const getTicket = async (): Promise<string> =>
  (await postJson<{ readonly ticket: string }>("/api/ticket", {})).ticket

export type { EventView }
