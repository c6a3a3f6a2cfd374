/** The command `counters`: lists how full the tables of the counters are, or empties some of them, and ends. */
import { Context, Effect, Layer, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { maxKeys, otherKey, ProjectionStore, type Row } from "../../bridge/projection-store/service.ts"
import { type KeptTable, keptTables, tableNamed } from "../inspect/counters/tables.ts"
import { counted, number, plain } from "../inspect/plain-text.ts"
import { projectionStore } from "../runtime/dependencies.ts"
import { misuse, switchFlag } from "./command-line/flags.ts"
import { print } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { runCommand } from "./run-command.ts"

type Store = ProjectionStore["Service"]

const listTables = Effect.fnUntraced(function* (store: Store, asJson: boolean) {
  for (const table of keptTables) {
    const { counter, name, stored } = table
    const sizes = yield* Effect.forEach(stored, (one) => store.size(counter, one))
    const keys = sizes.reduce((sum, size) => sum + size, 0)
    const top = yield* largestOf(store, table)
    yield* print(
      asJson
        ? JSON.stringify({ counter, table: name, keys, full: keys >= maxKeys, largest: top ?? null })
        : listLine(table, keys, top)
    )
  }
  return 0
})

/** The largest key of a table; undefined for timings, whose keys are durations. */
const largestOf = Effect.fnUntraced(function* (store: Store, { counter, name, stored }: KeptTable) {
  if (stored.length !== 1) return undefined
  const rows = yield* store.top(counter, name, 2)
  return rows.find(({ key }) => key !== otherKey)
})

const listLine = ({ counter, name }: KeptTable, keys: number, top: Row | undefined): string => {
  const full = keys >= maxKeys ? ", full: only the largest are kept" : ""
  const largest = top === undefined ? "" : `, largest: ${plain(top.key) || "(empty)"} ${number(top.count)}`
  return `${`${counter}/${name}`.padEnd(28)}  ${counted(keys, "key")}${full}${largest}`
}

const resetTables = Effect.fnUntraced(function* (store: Store, tables: ReadonlyArray<KeptTable>) {
  for (const { counter, name, stored } of tables) {
    for (const one of stored) yield* store.reset(counter, one)
    yield* print(`${counter}/${name} was reset.`)
  }
  return 0
})

const withStore = <A, E, R>(use: (store: Store) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Layer.build(projectionStore.layer), (context) => use(Context.get(context, ProjectionStore)))

const list = Command.make(
  "list",
  { json: switchFlag("json", "Print one line of JSON for each table") },
  handler(({ json }) => withStore((store) => listTables(store, json)))
).pipe(
  Command.withDescription("Lists the tables of Spoor's counters: how full each is, and its largest key.")
)

const table = Argument.String("table").pipe(
  Argument.withMetavar("<table> or <counter>/<table>"),
  Argument.withDescription("A table's name, such as by-type; with its counter for a counter of your own"),
  Argument.filterMap(
    (name) => Option.fromUndefinedOr(tableNamed(name)),
    () => `one of ${keptTables.map(({ name }) => name).join(", ")}`
  )
)

const reset = Command.make(
  "reset",
  {
    tables: Argument.variadic(table),
    all: switchFlag("all", "Reset every table of Spoor's own counters; needs --yes"),
    yes: switchFlag("yes", "Confirm --all")
  },
  handler(({ all, tables }) => withStore((store) => resetTables(store, all ? keptTables : tables)))
).pipe(
  Command.validate(({ all, tables, yes }) => {
    if (all !== (tables.length === 0)) return misuse("reset needs the names of tables, or --all")
    return all && !yes ? misuse("reset --all deletes every count: add --yes") : Effect.void
  }),
  Command.withShortDescription("Delete the counts of tables"),
  Command.withDescription(
    `Deletes the counts of tables. Events that were counted are not counted again; new events count from 0.`
  ),
  Command.withExamples([{ command: "counters reset by-type by-address" }])
)

await runCommand(
  Command.make("counters").pipe(
    Command.withDescription(
      `Lists or resets the tables of the counters. A full table keeps its largest keys and counts the others under (other).
Exit code 0 when it is done, else 1.`
    ),
    Command.withSubcommands([list, reset])
  ),
  projectionStore.settings
)
