/**
 * The queue in a file, for one machine: the same leases, attempts and dead letters as on Redis (redis/scripts.ts). Each
 * step is one transaction that is on the disk when it returns. Several processes may share the file; the clock is the
 * machine's. The file is open as long as the scope.
 */

import { Clock, Effect, type Scope } from "effect"
import type { Placement } from "../../../contracts/batch.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { type BatchId, batchIdFor, type ClaimId } from "../../../contracts/ids.ts"
import { type ChangeSignal, makeChangeSignal } from "../../sqlite/change-signal.ts"
import type { DatabaseSync } from "../../sqlite/database.ts"
import { openFile, type SqliteFile } from "../../sqlite/database.ts"
import { batchIdOf, digestOf, mayHold, pack, partsOf, unpack } from "../batch-blob.ts"
import { deadLetterText } from "../dead-letter-json.ts"
import { entriesOf, forwardedOf, placementsOf } from "../ledger-fields.ts"
import { type PushRules, standardRules } from "../push-limits.ts"
import type {
  ClaimedBatch,
  ClaimLimits,
  EventInFlight,
  IngestQueue,
  QueueDepth,
  QueueSource,
  TopicCount
} from "../service.ts"
import { deadLettersSchema, prepareDeadLetters, sqliteDeadLetters } from "./dead-letters.ts"
import { figuresSchema, prepareFigures, sqliteFigures } from "./figures.ts"
import { addPlacements, addTo, beginLedger, ledgerSchema, prepareLedger, readLedger } from "./ledger.ts"
import { pushedSchema, sqlitePush } from "./push.ts"
import { warnIfEmptied } from "./reset.ts"

/**
 * `id` is the key of the batch or part, as on Redis; `owner` the claim that has it. `packed` is the batch blob; it is null
 * only in rows of an older version, which are removed within an hour.
 */
const schema = `
CREATE TABLE IF NOT EXISTS lines (place INTEGER PRIMARY KEY, line BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS batches (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, attempts INTEGER NOT NULL, deadline INTEGER NOT NULL, packed BLOB
);
CREATE INDEX IF NOT EXISTS batches_owner ON batches (owner);
CREATE INDEX IF NOT EXISTS batches_deadline ON batches (deadline);
`

/** All tables of the file. */
export const queueSchema = schema + ledgerSchema + deadLettersSchema + figuresSchema + pushedSchema

/** Opens the queue in the folder `directory`; fails with one sentence when that folder is not writable. */
export const sqliteQueue: (
  directory: string,
  rules?: PushRules
) => Effect.Effect<IngestQueue["Service"], Failure, Scope.Scope> = Effect.fnUntraced(function* (
  directory,
  rules = standardRules
) {
  const file = yield* openFile(directory, "queue.sqlite", queueSchema)
  yield* warnIfEmptied(file, directory)
  const steps = yield* file.read(prepare)
  const changes = yield* makeChangeSignal(file)
  const push = yield* sqlitePush(file, rules)
  return {
    push: (...call) => Effect.tap(push(...call), () => Effect.sync(changes.notify)),
    sources: [sourceOf(file, steps, changes)]
  }
})

type Steps = ReturnType<typeof prepare>

const prepare = (database: DatabaseSync) => ({
  head: database.prepare("SELECT place, line FROM lines ORDER BY place LIMIT ?"),
  take: database.prepare("DELETE FROM lines WHERE place <= ?"),
  owned: database.prepare("SELECT * FROM batches WHERE owner = ? AND packed IS NOT NULL"),
  expired: database.prepare(
    "SELECT * FROM batches WHERE deadline <= ? AND packed IS NOT NULL ORDER BY deadline LIMIT 1"
  ),
  forget: database.prepare("DELETE FROM batches WHERE deadline <= ? AND packed IS NULL"),
  add: database.prepare("INSERT INTO batches (id, owner, attempts, deadline, packed) VALUES (?, ?, ?, ?, ?)"),
  lease: database.prepare("UPDATE batches SET owner = ?, attempts = ?, deadline = ? WHERE id = ?"),
  release: database.prepare(
    "UPDATE batches SET owner = '', attempts = attempts + ?, deadline = ? WHERE id = ? AND owner = ?"
  ),
  find: database.prepare("SELECT owner FROM batches WHERE id = ? AND packed IS NOT NULL"),
  remove: database.prepare("DELETE FROM batches WHERE id = ?"),
  deadLetter: database.prepare("INSERT INTO dead_letters (letter) VALUES (?)"),
  // Places have no gaps: lines are appended at the end and removed at the head.
  depth: database.prepare(`SELECT
    coalesce((SELECT max(place) FROM lines) - (SELECT min(place) FROM lines) + 1, 0) AS waiting,
    (SELECT count(*) FROM batches WHERE packed IS NOT NULL) AS claimed,
    (SELECT count(*) FROM dead_letters) AS deadLetters`),
  keys: database.prepare("SELECT id FROM batches WHERE packed IS NOT NULL AND id >= ? AND id < ?"),
  row: database.prepare("SELECT * FROM batches WHERE id = ?"),
  ledger: prepareLedger(database),
  deadLetters: prepareDeadLetters(database),
  figures: prepareFigures(database)
})

interface Taken {
  readonly id: string
  readonly attempts: number
  readonly blob: Uint8Array
  readonly isTakenOver: boolean
}

const sourceOf = (file: SqliteFile, steps: Steps, changes: ChangeSignal): QueueSource => {
  const batchOf = (claim: ClaimId, taken: Taken): ClaimedBatch => {
    const unpacked = unpack(taken.blob)
    const key = taken.id
    return {
      id: batchIdOf(key),
      digest: digestOf(taken.blob),
      ...unpacked,
      attempts: taken.attempts,
      isTakenOver: taken.isTakenOver,
      ack: (counts, placements = []) => at(file, (now) => settle(steps, key, counts, placements, now)),
      release: (delay, counts) =>
        at(
          file,
          (now) => steps.release.run(counts ? 1 : 0, now + Math.ceil(delay), key, claim).changes === 1
        ),
      split: (size, attempts) =>
        at(file, (now) => {
          if (!removeClaim(steps, key, claim)) return false
          for (const part of partsOf(key, unpacked, size))
            steps.add.run(part.key, "", Math.ceil(attempts), now, part.blob)
          return true
        }),
      deadLetter: (deadLetters, counts, placements = []) =>
        at(file, (now) => {
          if (!settle(steps, key, counts, placements, now)) return false
          for (const letter of deadLetters) steps.deadLetter.run(deadLetterText(letter))
          return true
        })
    }
  }

  return {
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },
    claim: (id, limits) =>
      at(file, (now) => take(steps, id, limits, now)).pipe(
        Effect.map((taken) => (taken === undefined ? undefined : batchOf(id, taken)))
      ),
    awaitLines: (milliseconds) =>
      Effect.suspend(() => {
        const change = changes.next()
        return Effect.flatMap(
          Effect.orElseSucceed(
            file.read(() => steps.head.get(1) !== undefined),
            () => false
          ),
          (hasLines) => (hasLines ? Effect.void : change(milliseconds))
        )
      }),
    depth: file.read(() => depthOf(steps.depth.get())),
    ledger: (lines) => at(file, (now) => readLedger(steps.ledger, depthOf(steps.depth.get()), lines, now)),
    find: (id, index) => file.transaction(() => findEvent(steps, id, index)),
    deadLetters: sqliteDeadLetters(file, steps.deadLetters, steps.ledger),
    figures: sqliteFigures(file, steps.figures)
  }
}

/** Runs a step in a transaction with the current time in milliseconds. */
const at = <A>(file: SqliteFile, step: (now: number) => A): Effect.Effect<A, Failure> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => file.transaction(() => step(now)))

/** Like the claim script: the same claim again, else the oldest expired lease and the head, in either order. */
const take = (steps: Steps, claim: ClaimId, limits: ClaimLimits, now: number): Taken | undefined => {
  const deadline = now + Math.ceil(limits.lease)
  const again = takenOf(steps.owned.get(claim))
  if (again !== undefined) {
    steps.lease.run(claim, again.attempts, deadline, again.id)
    return again
  }
  steps.forget.run(now)
  const takeOver = (): Taken | undefined => {
    const row = steps.expired.get(now)
    const expired = takenOf(row)
    if (expired === undefined) return undefined
    const isTakenOver = row?.owner !== ""
    const attempts = expired.attempts + (isTakenOver ? 1 : 0)
    steps.lease.run(claim, attempts, deadline, expired.id)
    return { ...expired, attempts, isTakenOver }
  }
  const takeLines = (): Taken | undefined => {
    const head = headOf(steps, limits)
    if (head.lines.length === 0) return undefined
    const blob = pack(now, head.lines)
    beginLedger(steps.ledger, now)
    addTo(steps.ledger, [{ name: "taken", by: head.lines.length }])
    steps.take.run(head.last)
    const id = batchIdFor(claim)
    steps.add.run(id, claim, 0, deadline, blob)
    return { id, attempts: 0, blob, isTakenOver: false }
  }
  return limits.linesFirst === true ? (takeLines() ?? takeOver()) : (takeOver() ?? takeLines())
}

const headOf = (steps: Steps, limits: ClaimLimits) => {
  const lines: Array<Uint8Array> = []
  let last = 0
  let size = 0
  for (const { place, line } of steps.head.iterate(Math.max(1, limits.maxEvents))) {
    if (!(line instanceof Uint8Array) || typeof place !== "number") break
    if (lines.length > 0 && size + line.length > limits.maxBytes) break
    lines.push(line)
    size += line.length
    last = place
  }
  return { lines, last }
}

/** Removes the batch, false for an unknown one; `splitter` is the claim that splits it, which must still have it. */
const removeClaim = (steps: Steps, key: string, splitter?: ClaimId): boolean => {
  const owner = steps.find.get(key)?.owner
  if (owner === undefined || (splitter !== undefined && owner !== splitter)) return false
  steps.remove.run(key)
  return true
}

/** Removes the batch and counts its outcome. */
const settle = (
  steps: Steps,
  key: string,
  counts: ReadonlyArray<TopicCount>,
  placements: ReadonlyArray<Placement>,
  now: number
): boolean => {
  beginLedger(steps.ledger, now)
  if (!removeClaim(steps, key)) return false
  addTo(steps.ledger, [...entriesOf(counts), ...forwardedOf(placements)])
  addPlacements(steps.ledger, placementsOf(placements), now)
  return true
}

const findEvent = (steps: Steps, id: BatchId, index: number): EventInFlight | undefined => {
  const key = steps.keys
    .all(id, `${id};`)
    .map((row) => String(row.id))
    .find((one) => mayHold(one, id, index))
  const row: Row = key === undefined ? undefined : steps.row.get(key)
  const taken = takenOf(row)
  if (taken === undefined) return undefined
  const { lines, first, claimed } = unpack(taken.blob)
  const line = lines[index - first]
  if (line === undefined) return undefined
  const { attempts } = taken
  return { line, claimed, attempts, until: Number(row?.deadline), isClaimed: row?.owner !== "" }
}

type Row = Record<string, unknown> | undefined

const takenOf = (row: Row): Taken | undefined =>
  typeof row?.id === "string" && typeof row.attempts === "number" && row.packed instanceof Uint8Array
    ? { id: row.id, attempts: row.attempts, blob: row.packed, isTakenOver: false }
    : undefined

const depthOf = (row: Row): QueueDepth => ({
  waiting: Number(row?.waiting),
  claimed: Number(row?.claimed),
  deadLetters: Number(row?.deadLetters)
})
