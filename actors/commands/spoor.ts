/**
 * The command of the image, of the one executable and of the npm package: `spoor actor enricher`, `spoor ledger`, `spoor
 * start` (all actors in one process), `spoor edge` (a gateway and the forwarder to a centre). It passes its arguments to
 * the command of that name, which determines the exit code.
 */
import { extname } from "node:path"
import { fileURLToPath } from "node:url"
import { isExecutable } from "../../bridge/bundled-files.ts"
import packageJson from "../../package.json" with { type: "json" }

/** Each command by its name, imported on demand: it reads `process.argv` and runs when it is imported. */
const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  actor: () => import("./actor.ts"),
  counters: () => import("./counters.ts"),
  "dead-letters": () => import("./dead-letters.ts"),
  ledger: () => import("./ledger.ts"),
  "push-keys": () => import("./push-keys.ts"),
  queue: () => import("./queue.ts"),
  rules: () => import("./rules.ts"),
  size: () => import("./size.ts"),
  tap: () => import("./tap.ts"),
  top: () => import("./top.ts")
}

const purposes: Readonly<Record<string, string>> = {
  start: "runs all actors in one process: spoor start ./my-actor.ts runs those of that file too",
  edge: "runs a gateway and the forwarder of its lines to a centre in one process",
  actor: "runs actors, Spoor's by name and others by file: one, several, or all with --all",
  counters: "shows and resets the tables of the counters",
  "dead-letters": "lists, shows, replays and discards dead letters",
  ledger: "shows where all events are",
  "push-keys": "makes a pair of keys for Web Push",
  queue: "checks and repairs database files",
  rules: "checks rules, and shows what they would send",
  size: "computes what a rate of events needs",
  tap: "shows events while they pass a stage",
  top: "shows the whole system, every second"
}

const help = (): string => {
  const rows = Object.entries(purposes).map(([name, purpose]) => `  ${name.padEnd(14)}${purpose}\n`)
  return `spoor ${packageJson.version}\n\n${rows.join("")}\nspoor <command> --help describes a command.\n`
}

const [program = "", , name = "", ...rest] = process.argv
/** Words for a command with arguments. */
const words: Readonly<Record<string, ReadonlyArray<string>>> = {
  start: ["--all"],
  edge: ["gateway", "forwarder"]
}
const actors = words[name]
const [command, args] = actors === undefined ? [name, rest] : ["actor", [...actors, ...rest]]
const load = commands[command]

if (name === "--version" || name === "-v") process.stdout.write(`spoor ${packageJson.version}\n`)
else if (name === "--help" || name === "-h" || name === "help") process.stdout.write(help())
else if (load === undefined) {
  const names = [...Object.keys(words), ...Object.keys(commands)].join(", ")
  process.stderr.write(
    `spoor: ${name === "" ? "name a command" : `unknown command "${name}"`}: ${names}. spoor <command> --help describes one.\n`
  )
  process.exitCode = 64
} else {
  // The file that a worker process is started with: the executable takes the command's name instead.
  const file = isExecutable()
    ? command
    : fileURLToPath(new URL(`./${command}${extname(import.meta.url)}`, import.meta.url))
  process.argv = [program, file, ...args]
  await load()
}
