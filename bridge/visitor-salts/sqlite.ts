/** The salts in a file, for one machine. Open as long as the scope. */
import { Clock, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { openFile } from "../sqlite/database.ts"
import { endOfSalt, type VisitorSalts } from "./service.ts"

export const saltsSchema =
  "CREATE TABLE IF NOT EXISTS salts (day INTEGER PRIMARY KEY, salt TEXT NOT NULL, ending INTEGER NOT NULL);"

/** Opens it in the folder `directory`; fails with one clear sentence when that folder cannot be written. */
export const sqliteSalts = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<VisitorSalts["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "visitors.sqlite", saltsSchema)
  return {
    dependency: { kind: "sqlite", embedded: true, address: file.address, check: file.check },
    agree: Effect.fnUntraced(function* (day, mine) {
      const now = yield* Clock.currentTimeMillis
      const kept = yield* file.transaction((database) => {
        // What is deleted is overwritten: a salt that can be read from the file is not forgotten.
        database.exec("PRAGMA secure_delete = ON")
        database.prepare("DELETE FROM salts WHERE ending <= ?").run(now)
        if (endOfSalt(day) > now) {
          database.prepare("INSERT OR IGNORE INTO salts VALUES (?, ?, ?)").run(day, mine, endOfSalt(day))
        }
        return database.prepare("SELECT salt FROM salts WHERE day = ?").get(day)
      })
      if (typeof kept?.salt === "string") return kept.salt
      return yield* new Failure({
        reason: "unavailable",
        message: `The salt of day ${day} is already forgotten.`
      })
    })
  }
})
