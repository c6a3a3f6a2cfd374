/**
 * The command of the image: `spoor actor enricher`, `spoor ledger`, `spoor start` (all actors in one process). It passes
 * its arguments to the command of that name, which determines the exit code.
 */

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

const [program = "", file = "", name = "", ...rest] = process.argv
const [command, args] = name === "start" ? ["actor", ["--all", ...rest]] : [name, rest]
const load = commands[command]

if (load === undefined) {
  const names = ["start", ...Object.keys(commands)].join(", ")
  process.stderr.write(
    `spoor: ${name === "" ? "name a command" : `unknown command "${name}"`}: ${names}. spoor <command> --help describes one.\n`
  )
  process.exitCode = 64
} else {
  process.argv = [program, file, ...args]
  await load()
}

export {}
