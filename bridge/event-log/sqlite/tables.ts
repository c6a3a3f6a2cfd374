/** The tables of the event log in a SQLite file, with their queries. Each topic has one partition. */

import type { Topic } from "../../../contracts/ids.ts"
import type { DatabaseSync } from "../../sqlite/database.ts"
import { maxBatchBytes, maxBatchRecords } from "../deliver-batch.ts"
import type { Appended, LogRecord, NewRecord, RecordBatch } from "../service.ts"

/** Records that a topic keeps; the oldest are deleted first. */
export const keptRecords = 1_000_000

/** Size limit of a record: value (bytes), key and headers (characters) together; about the default of Kafka. */
export const maxRecordBytes = 1024 * 1024

/**
 * `next` of a topic is the offset after its last record. `next` of a place is the committed offset of its group; only the
 * group's member `owner` may read the topic until `lease`, milliseconds since 1970.
 */
export const schema = `
  CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS record (
    topic TEXT NOT NULL, offset INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    key TEXT, value BLOB NOT NULL, headers TEXT NOT NULL, PRIMARY KEY (topic, offset)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS place (
    member_group TEXT NOT NULL, topic TEXT NOT NULL, next INTEGER NOT NULL,
    owner TEXT, lease INTEGER NOT NULL, PRIMARY KEY (member_group, topic)
  ) WITHOUT ROWID;
`

export const addTopics = (database: DatabaseSync, topics: ReadonlyArray<Topic>): void => {
  const add = database.prepare("INSERT OR IGNORE INTO topic (name, next) VALUES (?, 0)")
  for (const topic of topics) add.run(topic)
}

/**
 * Appends the records that are not too large. Returns undefined, with nothing done, when one of the topics does not exist.
 * `now`: ms since 1970; the times of a topic never decrease, even when the clock is set back.
 */
export const addRecords = (
  database: DatabaseSync,
  records: ReadonlyArray<NewRecord>,
  now: number
): ReadonlyArray<Appended> | undefined => {
  const ends = new Map<Topic, number>()
  const times = new Map<Topic, number>()
  for (const { topic } of records) {
    if (ends.has(topic)) continue
    const end = endOf(database, topic)
    if (end === undefined) return undefined
    ends.set(topic, end)
    times.set(topic, Math.max(now, timeFrom(database, topic, end - 1) ?? 0))
  }
  const add = database.prepare(
    "INSERT INTO record (topic, offset, timestamp, key, value, headers) VALUES (?, ?, ?, ?, ?, ?)"
  )
  const appended = records.map((record): Appended => {
    const { topic, key, value } = record
    const headers = JSON.stringify(record.headers)
    if (value.length + (key?.length ?? 0) + headers.length > maxRecordBytes) {
      return { stored: false, why: "too large", reason: `too large for the topic ${topic}` }
    }
    const offset = ends.get(topic) ?? 0
    add.run(topic, offset, times.get(topic) ?? now, key ?? null, value, headers)
    ends.set(topic, offset + 1)
    return { stored: true, partition: 0, offset: String(offset) }
  })
  const move = database.prepare("UPDATE topic SET next = ? WHERE name = ?")
  const forget = database.prepare("DELETE FROM record WHERE topic = ? AND offset < ?")
  for (const [topic, end] of ends) {
    move.run(end, topic)
    if (end > keptRecords) forget.run(topic, end - keptRecords)
  }
  return appended
}

/** The offset after the last record of a topic; undefined for an unknown topic. */
export const endOf = (database: DatabaseSync, topic: Topic): number | undefined => {
  const row = database.prepare("SELECT next FROM topic WHERE name = ?").get(topic)
  return row === undefined ? undefined : Number(row.next)
}

/** The time of the first record at or after an offset, milliseconds since 1970; undefined when there is none. */
const timeFrom = (database: DatabaseSync, topic: Topic, offset: number): number | undefined => {
  const row = database
    .prepare("SELECT timestamp FROM record WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT 1")
    .get(topic, offset)
  return row === undefined ? undefined : Number(row.timestamp)
}

/**
 * What a reader at `place` has not read: the offset of the next record, its time (ms since 1970), and the offset after the
 * last record. Without an unread record the first is the last.
 */
export const unreadFrom = (
  database: DatabaseSync,
  topic: Topic,
  place: number
): { readonly position: bigint; readonly end: bigint; readonly time: number | undefined } => {
  const end = BigInt(endOf(database, topic) ?? place)
  const row = database
    .prepare("SELECT offset, timestamp FROM record WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT 1")
    .get(topic, place)
  if (row === undefined) return { position: end, end, time: undefined }
  return { position: BigInt(Number(row.offset)), end, time: Number(row.timestamp) }
}

/** The offset of the first record at or after a time (ms since 1970): a binary search, because times never decrease. */
export const offsetSince = (database: DatabaseSync, topic: Topic, since: number): number => {
  let [low, high] = [0, endOf(database, topic) ?? 0]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((timeFrom(database, topic, middle) ?? since) >= since) high = middle
    else low = middle + 1
  }
  return low
}

/** The records from `place` on (up to `until`, exclusive); undefined when there are none yet. */
export const batchFrom = (
  database: DatabaseSync,
  topic: Topic,
  place: number,
  until = Number.MAX_SAFE_INTEGER
): RecordBatch | undefined => {
  const rows = database
    .prepare(
      "SELECT offset, timestamp, key, value, headers FROM record WHERE topic = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?"
    )
    .iterate(topic, place, until, maxBatchRecords)
  const records: Array<LogRecord> = []
  let bytes = 0
  for (const { offset, timestamp, key, value, headers } of rows) {
    const read = value instanceof Uint8Array ? value : new Uint8Array()
    bytes += read.length
    if (records.length > 0 && bytes > maxBatchBytes) break
    records.push({
      offset: String(offset),
      timestamp: Number(timestamp),
      key: key === null ? undefined : String(key),
      value: read,
      headers: JSON.parse(String(headers))
    })
  }
  if (records.length === 0) return undefined
  return { topic, partition: 0, records, end: String(endOf(database, topic) ?? 0) }
}

/** The offset after the last record of a batch. */
export const offsetAfter = ({ records }: RecordBatch): number =>
  Number(records[records.length - 1]?.offset ?? -1) + 1

/**
 * Leases the topic to `owner`, the only reader of its group, until `until`; returns the committed offset. Undefined while
 * another member has the lease.
 */
export const leasePlace = (
  database: DatabaseSync,
  group: string,
  topic: Topic,
  owner: string,
  now: number,
  until: number
): number | undefined => {
  const row = database
    .prepare(
      `INSERT INTO place (member_group, topic, next, owner, lease) VALUES (?, ?, 0, ?, ?)
       ON CONFLICT DO UPDATE SET owner = excluded.owner, lease = excluded.lease
       WHERE owner IS NULL OR owner = excluded.owner OR lease < ? RETURNING next`
    )
    .get(group, topic, owner, until, now)
  return row === undefined ? undefined : Number(row.next)
}

/** Makes a group that has no place in the topic begin at the first record at or after a time, ms since 1970. */
export const addPlaceSince = (database: DatabaseSync, group: string, topic: Topic, since: number): void => {
  const known = database.prepare("SELECT 1 FROM place WHERE member_group = ? AND topic = ?").get(group, topic)
  if (known !== undefined) return
  database
    .prepare("INSERT INTO place (member_group, topic, next, owner, lease) VALUES (?, ?, ?, NULL, 0)")
    .run(group, topic, offsetSince(database, topic, since))
}

/** Commits the offset of the group; false, with nothing done, when another member has the lease. */
export const movePlace = (
  database: DatabaseSync,
  group: string,
  topic: Topic,
  owner: string,
  next: number
): boolean =>
  database
    .prepare("UPDATE place SET next = ? WHERE member_group = ? AND topic = ? AND owner = ?")
    .run(next, group, topic, owner).changes === 1

/** Releases the leases of `owner`. */
export const releasePlaces = (database: DatabaseSync, group: string, owner: string): void => {
  database.prepare("UPDATE place SET owner = NULL WHERE member_group = ? AND owner = ?").run(group, owner)
}
