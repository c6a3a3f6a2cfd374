/** The database files of DATA_DIR, each with what a repair needs to know of it. */
import { linksSchema } from "../campaign-links/sqlite.ts"
import { schema as logSchema } from "../event-log/sqlite/tables.ts"
import { queueSchema } from "../ingest-queue/sqlite/queue.ts"
import { projectionsSchema } from "../projection-store/sqlite.ts"
import { saltsSchema } from "../visitor-salts/sqlite.ts"
import type { databaseNames } from "./data-folder.ts"
import type { DatabaseKind } from "./repair.ts"

/** By the name of the file without `.sqlite`. */
export const databases: Readonly<Record<(typeof databaseNames)[number], DatabaseKind>> = {
  // How many lines wait is told by the first and the last number, so there must be no gap.
  queue: { schema: queueSchema, numbered: ["lines"] },
  log: {
    schema: logSchema,
    numbered: [],
    // An offset must never be given twice.
    mend: `INSERT INTO topic (name, next) SELECT topic, max(offset) + 1 FROM record GROUP BY topic
      ON CONFLICT (name) DO UPDATE SET next = max(next, excluded.next)`
  },
  projections: { schema: projectionsSchema, numbered: [] },
  links: { schema: linksSchema, numbered: [] },
  visitors: { schema: saltsSchema, numbered: [] }
}
