/**
 * The dead letters of the queue in a file, as on Redis (redis/dead-letters.ts): a dead letter is identified by its exact
 * text, and replays are remembered for a week.
 */
import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { DatabaseSync, SqliteFile } from "../../sqlite/database.ts"
import { toBuffer } from "../batch-blob.ts"
import { deadLetterText, replayMemoryMs, storedDeadLetter } from "../dead-letter-json.ts"
import { goneName } from "../ledger-fields.ts"
import { pushMemoryMs } from "../push-limits.ts"
import type { DeadLetterList, StoredDeadLetter } from "../service.ts"
import { addTo, beginLedger, type LedgerSteps } from "./ledger.ts"

export const deadLettersSchema = `
CREATE TABLE IF NOT EXISTS dead_letters (place INTEGER PRIMARY KEY, letter TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS replays (sha TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS replays_sha ON replays (sha);
CREATE INDEX IF NOT EXISTS replays_at ON replays (at);
`

export type DeadLetterSteps = ReturnType<typeof prepareDeadLetters>

export const prepareDeadLetters = (database: DatabaseSync) => ({
  read: database.prepare(
    "SELECT CAST(letter AS BLOB) AS text FROM dead_letters ORDER BY place LIMIT ? OFFSET ?"
  ),
  remove: database.prepare(
    "DELETE FROM dead_letters WHERE place = (SELECT place FROM dead_letters WHERE CAST(letter AS BLOB) = ? ORDER BY place DESC LIMIT 1)"
  ),
  add: database.prepare("INSERT INTO dead_letters (letter) VALUES (?)"),
  forgetIds: database.prepare("DELETE FROM pushed WHERE until <= ?"),
  rememberId: database.prepare("INSERT INTO pushed (id, until) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"),
  push: database.prepare("INSERT INTO lines (line) VALUES (?)"),
  times: database.prepare("SELECT count(*) AS times FROM replays WHERE sha = ? AND at > ?"),
  forget: database.prepare("DELETE FROM replays WHERE at <= ?"),
  remember: database.prepare("INSERT INTO replays (sha, at) VALUES (?, ?)")
})

export const sqliteDeadLetters = (
  file: SqliteFile,
  steps: DeadLetterSteps,
  ledger: LedgerSteps
): DeadLetterList => {
  const remove = (letter: StoredDeadLetter): boolean => steps.remove.run(toBuffer(letter.text)).changes === 1
  const removeAs = (letter: StoredDeadLetter, kind: "replayed" | "discarded") =>
    file.transaction(() => {
      if (!remove(letter)) return false
      addTo(ledger, [{ name: goneName(letter, kind), by: 1 }])
      return true
    })
  return {
    read: (from, count) =>
      file.read(() =>
        steps.read
          .all(Math.max(0, count), from)
          .flatMap(({ text }) => (text instanceof Uint8Array ? [storedDeadLetter(byteStringOf(text))] : []))
      ),
    replay: (letter, line, allowed) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        file.transaction(() => {
          const bytes = toBuffer(line)
          const sha = createHash("sha1").update(bytes).digest("hex")
          if (Number(steps.times.get(sha, now - replayMemoryMs)?.times) >= allowed) return "too often"
          if (!remove(letter)) return "gone"
          steps.push.run(bytes)
          addTo(ledger, [
            { name: "pushed", by: 1 },
            { name: goneName(letter, "replayed"), by: 1 }
          ])
          steps.forget.run(now - replayMemoryMs)
          steps.remember.run(sha, now)
          return "done"
        })
      ),
    discard: (letter) => removeAs(letter, "discarded"),
    add: (letter, once) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        file.transaction(() => {
          steps.forgetIds.run(now)
          if (steps.rememberId.run(once, now + pushMemoryMs).changes !== 1) return
          beginLedger(ledger, now)
          steps.add.run(deadLetterText(letter))
          const { topic } = letter
          addTo(
            ledger,
            ["pushed", "taken", `received:${topic}`, `dead:${topic}`].map((name) => ({ name, by: 1 }))
          )
        })
      ),
    take: (letter) => removeAs(letter, "replayed")
  }
}
