/** The ledger of the queue in a file: the table of counts, and snapshots of it with the content of the queue. */
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { DatabaseSync } from "../../sqlite/database.ts"
import { linesIn, unpack } from "../batch-blob.ts"
import { type Entry, ledgerOf, type NamedPlacement, placementMemoryMs } from "../ledger-fields.ts"
import { ageOfLine } from "../line-age.ts"
import type { QueueDepth, QueueLedger } from "../service.ts"
import { prepareWeight } from "./weight.ts"

export const ledgerSchema = `
CREATE TABLE IF NOT EXISTS ledger (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS placements (name TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS placements_until ON placements (until);
`

export type LedgerSteps = ReturnType<typeof prepareLedger>

export const prepareLedger = (database: DatabaseSync) => ({
  add: database.prepare(
    "INSERT INTO ledger (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
  ),
  place: database.prepare("INSERT INTO placements (name, until) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"),
  forgetPlacements: database.prepare("DELETE FROM placements WHERE until <= ?"),
  begun: database.prepare("SELECT 1 FROM ledger WHERE name = 'since'"),
  fields: database.prepare("SELECT name, value FROM ledger"),
  headers: database.prepare(
    "SELECT substr(packed, 1, instr(packed, x'0a')) AS header FROM batches WHERE packed IS NOT NULL"
  ),
  weight: prepareWeight(database),
  lines: database.prepare("SELECT line FROM lines ORDER BY place"),
  head: database.prepare("SELECT line FROM lines ORDER BY place LIMIT 1"),
  blobs: database.prepare("SELECT packed FROM batches WHERE packed IS NOT NULL")
})

/** Call it in the transaction of the entries. */
export const addTo = (steps: LedgerSteps, entries: ReadonlyArray<Entry>): void => {
  for (const { name, by } of entries) steps.add.run(name, by)
}

/** Call it in the transaction that removes a batch: a repeated placement is not counted as stored again. */
export const addPlacements = (
  steps: LedgerSteps,
  placements: ReadonlyArray<NamedPlacement>,
  now: number
): void => {
  if (placements.length === 0) return
  steps.forgetPlacements.run(now)
  for (const { name, entry } of placements)
    if (steps.place.run(name, now + placementMemoryMs).changes === 0)
      addTo(steps, [{ ...entry, by: -entry.by }])
}

/**
 * Call it in a transaction before it takes lines or removes a batch. A ledger that begins while batches are claimed (by an
 * older version without a ledger) counts their lines as taken.
 */
export const beginLedger = (steps: LedgerSteps, now: number): void => {
  if (steps.begun.get() !== undefined) return
  addTo(steps, [
    { name: "since", by: now },
    { name: "taken", by: countInFlight(steps).lines }
  ])
}

/** Call it in a transaction; `lines` as in service.ts, `now` in milliseconds since 1970. */
export const readLedger = (
  steps: LedgerSteps,
  { waiting, claimed, deadLetters }: QueueDepth,
  lines: number,
  now: number
): QueueLedger => {
  const { lines: inFlight, oldest } = countInFlight(steps)
  const head = steps.head.get()?.line
  const fields = new Map(steps.fields.all().map(({ name, value }) => [String(name), Number(value)]))
  return ledgerOf(fields, {
    waiting,
    inFlight,
    oldestInFlight: oldest === undefined ? undefined : now - oldest,
    inFlightBatches: claimed,
    waitingBytes: Math.round(waiting * Number(steps.weight.get()?.weight)),
    oldestWaiting: isBytes(head) ? ageOfLine(byteStringOf(head), now) : undefined,
    deadLetters,
    lines:
      waiting + inFlight > lines
        ? undefined
        : {
            waiting: steps.lines.all().flatMap(({ line }) => (isBytes(line) ? [byteStringOf(line)] : [])),
            inFlight: steps.blobs.all().flatMap(({ packed }) => (isBytes(packed) ? unpack(packed).lines : []))
          }
  })
}

/** The lines in flight, and when the oldest of their batches was first claimed. */
const countInFlight = (
  steps: LedgerSteps
): { readonly lines: number; readonly oldest: number | undefined } => {
  let lines = 0
  let oldest: number | undefined
  for (const { header } of steps.headers.iterate()) {
    if (!isBytes(header)) continue
    lines += linesIn(header)
    oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, Number.parseInt(byteStringOf(header), 10))
  }
  return { lines, oldest }
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array
