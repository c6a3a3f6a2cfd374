/**
 * The command `counters`: how full the tables of the counters are, and `reset`, which empties one of them. Does one thing
 * and ends.
 */
import { parseArgs } from "node:util"
import { Context, Effect, Layer } from "effect"
import { maxKeys, otherKey, ProjectionStore, type Row } from "../../bridge/projection-store/service.ts"
import { type KeptTable, keptTables, tableNamed } from "../inspect/counters/tables.ts"
import { counted, number, plain } from "../inspect/plain-text.ts"
import { projectionStore } from "../runtime/dependencies.ts"
import { runCommand, say, WrongUse } from "./run-command.ts"

const usage = `usage: counters list [--json]
       counters reset <table …>
       counters reset --all --yes

A table is known by its name, such as by-type; one of a counter of your own by <counter>/<table>. A full table keeps its
largest keys and counts what it had to leave out under (other); what a key may have counted before it came in is its error.
A reset deletes the counts of a table: what was counted before is not counted again, and what comes is counted from 0.
  --json    JSON, one line for each table
  --all     every table of Spoor's own counters, together with --yes
Exit code 0 when it was done, else 1.`

type Store = ProjectionStore["Service"]

const list = Effect.fnUntraced(function* (store: Store, asJson: boolean) {
  for (const table of keptTables) {
    const { counter, name, stored } = table
    const sizes = yield* Effect.forEach(stored, (one) => store.size(counter, one))
    const keys = sizes.reduce((sum, size) => sum + size, 0)
    const top = yield* largestOf(store, table)
    yield* say(
      asJson
        ? JSON.stringify({ counter, table: name, keys, full: keys >= maxKeys, largest: top ?? null })
        : listLine(table, keys, top)
    )
  }
  return 0
})

/** The largest key of a table that counts keys; none of the timings, whose keys are durations. */
const largestOf = Effect.fnUntraced(function* (store: Store, { counter, name, stored }: KeptTable) {
  if (stored.length !== 1) return undefined
  const rows = yield* store.top(counter, name, 2)
  return rows.find(({ key }) => key !== otherKey)
})

const listLine = ({ counter, name }: KeptTable, keys: number, top: Row | undefined): string => {
  const full = keys >= maxKeys ? ", full: the largest are kept" : ""
  const largest = top === undefined ? "" : `, most: ${plain(top.key) || "(empty)"} ${number(top.count)}`
  return `${`${counter}/${name}`.padEnd(28)}  ${counted(keys, "key")}${full}${largest}`
}

const reset = Effect.fnUntraced(function* (store: Store, tables: ReadonlyArray<KeptTable>) {
  for (const { counter, name, stored } of tables) {
    for (const one of stored) yield* store.reset(counter, one)
    yield* say(`${counter}/${name} was reset.`)
  }
  return 0
})

const tablesAsked = (names: ReadonlyArray<string>): ReadonlyArray<KeptTable> =>
  names.map((name) => {
    const table = tableNamed(name)
    if (table !== undefined) return table
    throw new WrongUse(
      `there is no table "${name}"; say one of ${keptTables.map((one) => one.name).join(", ")}`
    )
  })

await runCommand({
  usage,
  settings: projectionStore.settings,
  read: () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        all: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" }
      }
    })
    const [verb, ...names] = positionals
    if (values.help === true) return "help"
    const withStore = (use: (store: Store) => ReturnType<typeof list>) =>
      Effect.flatMap(Layer.build(projectionStore.layer), (context) =>
        use(Context.get(context, ProjectionStore))
      )
    if (verb === "list") {
      if (names.length > 0) throw new WrongUse("list takes no table")
      return withStore((store) => list(store, values.json))
    }
    if (verb !== "reset") throw new WrongUse("say list or reset")
    if (values.all !== (names.length === 0)) throw new WrongUse("reset wants the names of tables, or --all")
    if (values.all && !values.yes) throw new WrongUse("reset --all deletes every count: add --yes")
    const tables = values.all ? keptTables : tablesAsked(names)
    return withStore((store) => reset(store, tables))
  }
})
