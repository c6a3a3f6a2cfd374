/** The estimated size of a waiting line of the queue in a file: the average of a few lines at each end. */
import type { DatabaseSync } from "../../sqlite/database.ts"

/** Lines at each end whose sizes estimate the size of all. */
const sampledLines = 16

/** The statement that returns `weight`, bytes; 0 without lines. */
export const prepareWeight = (database: DatabaseSync) =>
  database.prepare(`SELECT coalesce(avg(length(line)), 0) AS weight FROM (
    SELECT line FROM (SELECT line FROM lines ORDER BY place LIMIT ${sampledLines})
    UNION ALL
    SELECT line FROM (SELECT line FROM lines ORDER BY place DESC LIMIT ${sampledLines})
  )`)
