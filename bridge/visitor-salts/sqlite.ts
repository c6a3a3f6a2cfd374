/** Salts in a file, for one machine. The file is open as long as the scope. */
import { Clock, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { openFile } from "../sqlite/database.ts"
import { endOfSalt, type VisitorSalts } from "./service.ts"

export const saltsSchema =
  "CREATE TABLE IF NOT EXISTS salts (day INTEGER PRIMARY KEY, salt TEXT NOT NULL, ending INTEGER NOT NULL);"

/** Opens the file in the folder `directory`; fails with one sentence when that folder is not writable. */
export const sqliteSalts = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<VisitorSalts["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "visitors.sqlite", saltsSchema)
  return {
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },
    agree: Effect.fnUntraced(function* (day, proposed) {
      const now = yield* Clock.currentTimeMillis
      const row = yield* file.transaction((database) => {
        // Overwrites deleted salts, which could otherwise be read from the file.
        database.exec("PRAGMA secure_delete = ON")
        database.prepare("DELETE FROM salts WHERE ending <= ?").run(now)
        if (endOfSalt(day) > now) {
          database.prepare("INSERT OR IGNORE INTO salts VALUES (?, ?, ?)").run(day, proposed, endOfSalt(day))
        }
        return database.prepare("SELECT salt FROM salts WHERE day = ?").get(day)
      })
      if (typeof row?.salt === "string") return row.salt
      return yield* new Failure({
        reason: "unavailable",
        message: `The salt of day ${day} has expired.`
      })
    })
  }
})
