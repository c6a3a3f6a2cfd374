/** The database files of DATA_DIR, with the information that a repair needs. */
import { linksSchema } from "../campaign-links/sqlite.ts"
import { devicesSchema } from "../device-mappings/sqlite.ts"
import { schema as logSchema } from "../event-log/sqlite/tables.ts"
import { queueSchema } from "../ingest-queue/sqlite/queue.ts"
import { keyedSchema } from "../keyed-store/sqlite.ts"
import { projectionsSchema } from "../projection-store/sqlite.ts"
import { mendReactions, reactionsSchema } from "../reaction-store/sqlite/tables.ts"
import { saltsSchema } from "../visitor-salts/sqlite.ts"
import type { databaseNames } from "./data-folder.ts"
import type { DatabaseKind } from "./repair.ts"

/** By file name, without `.sqlite`. */
export const databases: Readonly<Record<(typeof databaseNames)[number], DatabaseKind>> = {
  // The number of waiting lines is computed from the first and the last place, so there must be no gap.
  queue: { schema: queueSchema, numbered: ["lines"] },
  log: {
    schema: logSchema,
    numbered: [],
    // An offset must never be assigned twice.
    mend: `INSERT INTO topic (name, next) SELECT topic, max(offset) + 1 FROM record GROUP BY topic
      ON CONFLICT (name) DO UPDATE SET next = max(next, excluded.next)`
  },
  projections: { schema: projectionsSchema, numbered: [] },
  keyed: { schema: keyedSchema, numbered: [] },
  reactions: { schema: reactionsSchema, numbered: [], mend: mendReactions },
  links: { schema: linksSchema, numbered: [] },
  visitors: { schema: saltsSchema, numbered: [] },
  devices: { schema: devicesSchema, numbered: [] }
}
