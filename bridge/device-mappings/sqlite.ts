/** Device mappings in a file, for one machine. Several processes may share the file, which is open as long as the scope. */
import { Clock, Effect, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { type DatabaseSync, openFile } from "../sqlite/database.ts"
import type { DeviceMapping, DeviceMappings } from "./service.ts"
import { columns, columnsOf, mappingOf, pageOf, valuesOf } from "./stored.ts"

/** Times: ms since 1970. */
export const devicesSchema = `CREATE TABLE IF NOT EXISTS devices (
  device_id TEXT PRIMARY KEY, ${columns.map((column) => `${column} TEXT`).join(", ")},
  created INTEGER NOT NULL, updated INTEGER NOT NULL
) WITHOUT ROWID`

/** Opens the store in the folder `directory`; fails with one sentence when that folder is not writable. */
export const sqliteDeviceMappings = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<DeviceMappings["Service"], Failure, Scope.Scope> {
  const file = yield* openFile(directory, "devices.sqlite", devicesSchema)
  const steps = yield* file.read(prepare)

  return {
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },

    put: Effect.fnUntraced(function* (deviceId, fields) {
      const now = yield* Clock.currentTimeMillis
      return yield* file.transaction((database) => {
        const isNew = steps.create.run(deviceId, now, now).changes > 0
        const values = valuesOf(fields)
        const assignments = ["updated = ?", ...values.map(([column]) => `${column} = ?`)].join(", ")
        database
          .prepare(`UPDATE devices SET ${assignments} WHERE device_id = ?`)
          .run(now, ...values.map(([, value]) => value), deviceId)
        return isNew ? "created" : "changed"
      })
    }),

    get: (deviceId) =>
      file.read(() => {
        const row = steps.get.get(deviceId)
        return row === undefined ? undefined : mappingIn(row)
      }),

    list: (after, limit) =>
      file.read(() => pageOf(steps.list.all(after ?? "", limit + 1).map(mappingIn), limit)),

    remove: (deviceId) => file.transaction(() => steps.remove.run(deviceId).changes > 0),

    forget: Effect.fnUntraced(function* (deviceId, field, value) {
      const now = yield* Clock.currentTimeMillis
      const own = columnsOf[field]
      const emptied = own.map((column) => `${column} = NULL`).join(", ")
      return yield* file.transaction(
        (database) =>
          database
            .prepare(`UPDATE devices SET ${emptied}, updated = ? WHERE device_id = ? AND ${own[0]} = ?`)
            .run(now, deviceId, value).changes > 0
      )
    })
  }
})

const prepare = (database: DatabaseSync) => ({
  create: database.prepare(
    "INSERT INTO devices (device_id, created, updated) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
  ),
  get: database.prepare("SELECT * FROM devices WHERE device_id = ?"),
  list: database.prepare("SELECT * FROM devices WHERE device_id > ? ORDER BY device_id LIMIT ?"),
  remove: database.prepare("DELETE FROM devices WHERE device_id = ?")
})

const mappingIn = (row: Readonly<Record<string, unknown>>): DeviceMapping => {
  const texts = columns.flatMap((column) => {
    const value = row[column]
    return typeof value === "string" ? [[column, value] as const] : []
  })
  return mappingOf(String(row.device_id), Object.fromEntries(texts), Number(row.created), Number(row.updated))
}
