/**
 * The command `queue`: checks the database files of the embedded services in DATA_DIR for damage, or saves the readable
 * rows of damaged files into new files, and ends.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { dataDir } from "../../bridge/settings.ts"
import { databaseNames } from "../../bridge/sqlite/data-folder.ts"
import { databases } from "../../bridge/sqlite/databases.ts"
import { damageOf, NotRepaired, repairFile } from "../../bridge/sqlite/repair.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { switchFlag } from "./command-line/flags.ts"
import { print, printError } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { runCommand } from "./run-command.ts"

type Name = (typeof databaseNames)[number]

/** The files with these names; all existing ones without any name. */
const filesOf = (directory: string, names: ReadonlyArray<Name>): ReadonlyArray<readonly [Name, string]> =>
  (names.length > 0 ? names : databaseNames)
    .map((name) => [name, join(directory, `${name}.sqlite`)] as const)
    .filter(([, path]) => existsSync(path))

const checkFiles = Effect.fnUntraced(function* (names: ReadonlyArray<Name>) {
  const { dataDir: directory } = yield* readAll({ dataDir })
  const files = filesOf(directory, names)
  if (files.length === 0) return yield* noFiles(directory)
  let damaged = 0
  for (const [, path] of files) {
    const damage = yield* attempt(path, () => damageOf(path))
    if (damage !== undefined) damaged += 1
    yield* print(damage === undefined ? `${path}: not damaged` : `${path}: DAMAGED: ${damage}`)
  }
  return damaged === 0 ? 0 : 1
})

const repairFiles = Effect.fnUntraced(function* (names: ReadonlyArray<Name>, isForced: boolean) {
  const { dataDir: directory } = yield* readAll({ dataDir })
  const files = filesOf(directory, names)
  if (files.length === 0) return yield* noFiles(directory)
  for (const [name, path] of files) {
    const damage = yield* attempt(path, () => damageOf(path))
    if (damage === undefined && !isForced) {
      yield* print(`${path}: not damaged, left as it is`)
      continue
    }
    const { tables, kept } = yield* attempt(path, () => repairFile(path, databases[name], new Date()))
    yield* print(`${path}: ${damage === undefined ? "rewritten" : `was damaged: ${damage}`}`)
    for (const table of tables)
      yield* print(
        `  ${table.name}: ${table.saved} rows saved${table.isWhole ? "" : "; the others could not be read and are lost"}`
      )
    yield* print(`  The old file is kept as ${kept}.`)
  }
  return 0
})

const noFiles = (directory: string) =>
  Effect.as(
    printError(`spoor: ${directory} has no database file; set DATA_DIR to the folder of the files`),
    1
  )

/** Runs work on the file; a failure becomes one sentence. */
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

const files = Argument.ChoiceWithValue(
  "file",
  databaseNames.flatMap((name) => [[name, name] as const, [`${name}.sqlite`, name] as const])
).pipe(
  Argument.withMetavar(databaseNames.join("|")),
  Argument.withDescription("A database file, with or without .sqlite; all existing ones without any name"),
  Argument.variadic()
)

const check = Command.make(
  "check",
  { files },
  handler(({ files }) => checkFiles(files))
).pipe(
  Command.withDescription(
    "Checks whole database files for damage. Exit code 0 when no file is damaged, else 1."
  )
)

const repair = Command.make(
  "repair",
  { files, force: switchFlag("force", "Also rewrite files without damage") },
  handler(({ files, force }) => repairFiles(files, force))
).pipe(
  Command.withShortDescription("Save the readable rows of damaged files into new files"),
  Command.withDescription(
    `Saves the readable rows of damaged files into new files. Stop the actors first.
The damaged file stays beside the new one, as <file>.damaged-<time>. Saved lines and batches of the queue are drained as
usual; the ledger shows how many are missing, because it no longer balances.
Exit code 0 when no damaged file remains, else 1.`
  )
)

await runCommand(
  Command.make("queue").pipe(
    Command.withDescription("Checks or repairs the database files of the embedded services, in DATA_DIR."),
    Command.withSubcommands([check, repair])
  ),
  [dataDir]
)
