/**
 * The command of the image and of the one executable: `spoor actor enricher`, `spoor ledger`, `spoor start` (all actors in
 * one process), `spoor edge` (a gateway and the forwarder to a centre). It passes its arguments to the command of that name, which determines the exit code.
 */
import { fileURLToPath } from "node:url"
import { isExecutable } from "../../bridge/bundled-files.ts"
import packageJson from "../../package.json" with { type: "json" }

/** Each command by its name, imported on demand: it reads `process.argv` and runs when it is imported. */
const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  actor: () => import("./actor.ts"),
  counters: () => import("./counters.ts"),
  "dead-letters": () => import("./dead-letters.ts"),
  ledger: () => import("./ledger.ts"),
  queue: () => import("./queue.ts"),
  size: () => import("./size.ts"),
  tap: () => import("./tap.ts"),
  top: () => import("./top.ts")
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
else if (load === undefined) {
  const names = [...Object.keys(words), ...Object.keys(commands)].join(", ")
  process.stderr.write(
    `spoor: ${name === "" ? "name a command" : `unknown command "${name}"`}: ${names}. spoor <command> --help describes one.\n`
  )
  process.exitCode = 64
} else {
  // The file that a worker process is started with: the executable takes the command's name instead.
  const file = isExecutable() ? command : fileURLToPath(new URL(`./${command}.ts`, import.meta.url))
  process.argv = [program, file, ...args]
  await load()
}
