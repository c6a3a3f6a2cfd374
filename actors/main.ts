/**
 * The command: `actor <name> …` runs one or several actors, `--all` all but those that must be named, until a signal;
 * `--list` says which there are, `--help` behind a name which settings it has. Ends with 0 after a drain, 78 for
 * settings that cannot work, 1 for anything else that ends the start.
 */
import { parseArgs } from "node:util"
import { Effect, Exit } from "effect"
import { actorNames, loadActors, standardNames } from "./all.ts"
import type { Actor } from "./system/actor.ts"
import { endingOf } from "./system/ending.ts"
import { environmentLayer } from "./system/environment.ts"
import { actorHelp, actorList, settingsOf, usage } from "./system/help.ts"
import { loggingLayer } from "./system/logging.ts"
import { runProcess } from "./system/process.ts"

const say = (text: string, code: number): void => {
  const stream = code === 0 ? process.stdout : process.stderr
  stream.write(`${text}\n`)
  process.exitCode = code
}

const run = async (chosen: ReadonlyArray<Actor>): Promise<void> => {
  const names = chosen.flatMap(settingsOf).map(({ name }) => name)
  const exit = await Effect.runPromiseExit(
    runProcess(chosen).pipe(Effect.provide(loggingLayer), Effect.provide(environmentLayer(names)))
  )
  if (Exit.isSuccess(exit)) process.exit(0)
  const { sentence, code } = endingOf(exit.cause)
  say(`spoor: ${sentence}`, code)
  process.exit(code)
}

/** What the command line asks for; undefined when it has an option that there is not. */
const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { all: { type: "boolean" }, list: { type: "boolean" }, help: { type: "boolean", short: "h" } }
    })
  } catch {
    return undefined
  }
}

const main = async (): Promise<void> => {
  const given = readArguments()
  if (given === undefined) return say("spoor: there are no options but --all, --list and --help", 64)
  const { values, positionals } = given
  const unknown = positionals.find((name) => !actorNames.includes(name))
  if (unknown !== undefined) {
    return say(`spoor: there is no actor "${unknown}"; there are ${actorNames.join(", ")}`, 64)
  }
  if (values.list === true) return say(actorList(await loadActors()), 0)
  const names = [...positionals, ...(values.all === true ? standardNames : [])]
  const chosen = await loadActors(names)
  if (values.help === true) return say(chosen.length === 0 ? usage : chosen.map(actorHelp).join("\n\n"), 0)
  if (chosen.length === 0) return say(usage, 64)
  return run(chosen)
}

await main()
