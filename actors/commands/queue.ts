/**
 * The command `queue`: looks whether the database files of DATA_DIR are damaged, as a whole, and saves the readable rows
 * of those that are into new files. For the embedded services; a Redis or a Kafka looks after its own.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { dataDir } from "../../bridge/settings.ts"
import { databaseNames } from "../../bridge/sqlite/data-folder.ts"
import { databases } from "../../bridge/sqlite/databases.ts"
import { damageOf, NotRepaired, repairFile } from "../../bridge/sqlite/repair.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { note, runCommand, say, WrongUse } from "./run-command.ts"

const usage = `usage: queue check [file …]             is a database file of DATA_DIR damaged?
       queue repair [file …] [--force]  save the readable rows of those that are into new files

The files are queue, log, projections, links and visitors (.sqlite); without a name, all that are there. Stop the
actors before a repair. The damaged file is kept beside the new one, as <file>.damaged-<time>. Lines and batches of
the queue that are saved are drained as ever; the ledger shows how many are missing, since it no longer adds up.
  --force   also a file in which no damage is found
Exit code 0 when no file is damaged any more, else 1.`

type Name = (typeof databaseNames)[number]

/** The files that were named, or all that are there. */
const chosen = (directory: string, names: ReadonlyArray<Name>): ReadonlyArray<readonly [Name, string]> =>
  (names.length > 0 ? names : databaseNames)
    .map((name) => [name, join(directory, `${name}.sqlite`)] as const)
    .filter(([, path]) => existsSync(path))

const check = Effect.fnUntraced(function* (names: ReadonlyArray<Name>) {
  const { dataDir: directory } = yield* readAll({ dataDir })
  const files = chosen(directory, names)
  if (files.length === 0) return yield* nothingThere(directory)
  let damaged = 0
  for (const [, path] of files) {
    const damage = yield* attempt(path, () => damageOf(path))
    if (damage !== undefined) damaged += 1
    yield* say(damage === undefined ? `${path}: not damaged` : `${path}: DAMAGED: ${damage}`)
  }
  return damaged === 0 ? 0 : 1
})

const repair = Effect.fnUntraced(function* (names: ReadonlyArray<Name>, isForced: boolean) {
  const { dataDir: directory } = yield* readAll({ dataDir })
  const files = chosen(directory, names)
  if (files.length === 0) return yield* nothingThere(directory)
  for (const [name, path] of files) {
    const damage = yield* attempt(path, () => damageOf(path))
    if (damage === undefined && !isForced) {
      yield* say(`${path}: not damaged, left as it is`)
      continue
    }
    const { tables, kept } = yield* attempt(path, () => repairFile(path, databases[name], new Date()))
    yield* say(`${path}: ${damage === undefined ? "made anew" : `was damaged: ${damage}`}`)
    for (const table of tables)
      yield* say(
        `  ${table.name}: ${table.saved} rows saved${table.isWhole ? "" : "; others could not be read and are lost"}`
      )
    yield* say(`  The old file is kept as ${kept}.`)
  }
  return 0
})

const nothingThere = (directory: string) =>
  Effect.as(note(`spoor: there is no database file in ${directory}; DATA_DIR names the folder`), 1)

/** Runs what the disk may refuse; fails with one sentence. */
const attempt = <A>(path: string, work: () => A): Effect.Effect<A, Failure> =>
  Effect.try({
    try: work,
    catch: (error) =>
      new Failure({
        reason: "unavailable",
        message:
          error instanceof NotRepaired
            ? error.message
            : `${path} cannot be repaired: ${error instanceof Error ? error.message : String(error)}`
      })
  })

await runCommand({
  usage,
  settings: [dataDir],
  read: () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { force: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } }
    })
    if (values.help === true) return "help"
    const [verb, ...named] = positionals
    const names = named.map((one) => one.replace(/\.sqlite$/, ""))
    const isName = (one: string): one is Name => databaseNames.some((name) => name === one)
    const unknown = names.find((one) => !isName(one))
    if (unknown !== undefined)
      throw new WrongUse(`there is no database file "${unknown}"; there are ${databaseNames.join(", ")}`)
    if (verb === "check" && !values.force) return check(names.filter(isName))
    if (verb === "repair") return repair(names.filter(isName), values.force)
    throw new WrongUse(verb === undefined ? "queue wants check or repair" : `queue has no "${verb}"`)
  }
})
