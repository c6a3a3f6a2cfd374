/** Campaign links in a file, for one machine. Several processes may share the file, which is open as long as the scope. */
import { Effect, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { openFile } from "../sqlite/database.ts"
import type { CampaignLinks } from "./service.ts"
import { limitReached, linkOfText, pageOf, textOfLink } from "./stored.ts"

export const linksSchema =
  "CREATE TABLE IF NOT EXISTS links (id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"

/** Opens the store in the folder `directory`; fails with one sentence when that folder is not writable. */
export const sqliteLinks = Effect.fnUntraced(function* (
  directory: string,
  maxLinks: number
): Effect.fn.Return<CampaignLinks["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "links.sqlite", linksSchema)
  const steps = yield* file.read((database) => ({
    replace: database.prepare("UPDATE links SET text = ? WHERE id = ?"),
    count: database.prepare("SELECT count(*) AS count FROM links"),
    create: database.prepare("INSERT INTO links (id, text) VALUES (?, ?)"),
    get: database.prepare("SELECT text FROM links WHERE id = ?"),
    list: database.prepare("SELECT id, text FROM links WHERE id > ? ORDER BY id LIMIT ?"),
    remove: database.prepare("DELETE FROM links WHERE id = ?")
  }))

  return {
    put: Effect.fnUntraced(function* (link) {
      const text = textOfLink(link)
      const outcome = yield* file.transaction(() => {
        if (steps.replace.run(text, link.id).changes > 0) return "replaced"
        if (Number(steps.count.get()?.count ?? 0) >= maxLinks) return "full"
        steps.create.run(link.id, text)
        return "created"
      })
      return outcome === "full" ? yield* limitReached(maxLinks) : outcome
    }),
    get: (id) =>
      file.read(() => {
        const text = steps.get.get(id)?.text
        return typeof text === "string" ? linkOfText(text) : undefined
      }),
    list: (after, limit) =>
      file.read(() =>
        pageOf(
          steps.list
            .all(after ?? "", limit + 1)
            .map(({ id, text }) => ({ id: String(id), text: String(text) })),
          limit
        )
      ),
    remove: (id) => file.transaction(() => steps.remove.run(id).changes > 0)
  }
})
