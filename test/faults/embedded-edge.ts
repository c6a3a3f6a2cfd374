/** What the cases of the embedded edge share: its world, and its queue in the file. */
import { join } from "node:path"
import { openAsIs, peek } from "../../bridge/sqlite/database.ts"
import { eventually } from "../support/eventually.ts"
import type { Requirements } from "./requirements.ts"
import { standardActors } from "./requirements.ts"
import type { World } from "./world.ts"

/** The gateway is an embedded edge that pushes through a proxy to a receiver; trackers and drainers are in the centre. */
export const edgeWorld: Requirements = {
  actors: { ...standardActors, receiver: 1 },
  files: { gateway: "test/faults/edge.ts" },
  settingsOf: { gateway: { REDIS_URL: "", EDGE_CENTRE: "nats", DATA_DIR: "{folder}/edge" } },
  through: { nats: ["gateway"] }
}

export interface EdgeQueue {
  readonly waiting: number
  /** Batches that are claimed and not settled. */
  readonly batches: ReadonlyArray<string>
  /** Lines that the centre has. */
  readonly forwarded: number
  readonly deadLetters: number
}

const fileOf = (world: World): string => join(world.settings.DATA_DIR ?? "", "edge", "queue.sqlite")

/**
 * Waits until the edge has forwarded the batches that it has claimed now. Those of a killed process have a lease of 30 s,
 * which ends at once, as if the time had passed.
 */
export const settled = async (world: World): Promise<void> => {
  const left = edgeQueue(world).batches
  const database = openAsIs(fileOf(world))
  database.exec("PRAGMA busy_timeout = 5000; UPDATE batches SET deadline = 0")
  database.close()
  await forwarded(world, left)
}

/** Waits until the edge has forwarded these batches: those in flight wait for their reply, for up to 10 s, and are repeated. */
export const forwarded = (world: World, batches: ReadonlyArray<string>): Promise<unknown> =>
  eventually(
    "the edge has forwarded what was claimed",
    () => !edgeQueue(world).batches.some((batch) => batches.includes(batch)),
    60_000
  )

/** The queue of the edge, read from its file. */
export const edgeQueue = (world: World): EdgeQueue => {
  const path = fileOf(world)
  const found = peek(path, (database) => {
    const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0)
    return {
      waiting: number("SELECT count(*) FROM lines"),
      batches: database
        .prepare("SELECT id FROM batches")
        .all()
        .map(({ id }) => String(id)),
      forwarded: number("SELECT sum(value) FROM ledger WHERE name LIKE 'forwarded:%'"),
      deadLetters: number("SELECT count(*) FROM dead_letters")
    }
  })
  if (found === undefined) throw new Error(`The queue of the edge at ${path} cannot be read.`)
  return found
}
