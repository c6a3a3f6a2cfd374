/**
 * The command: `actor <name> …` runs one or several actors, `--all` all but those that must be named, until a signal;
 * `--list` says which there are, `--help` behind a name which settings it has; `gateway --workers 4` runs it in four
 * processes. Ends with 0 after a drain, 78 for settings that cannot work, 1 for anything else that ends the start.
 */
import { parseArgs } from "node:util"
import { Effect, Exit } from "effect"
import type { Setting } from "../contracts/setting.ts"
import { actors, isStandard } from "./all.ts"
import { gatewayEnvironments } from "./gateway/workers.ts"
import type { Actor, StartFailure } from "./system/actor.ts"
import { endingOf } from "./system/ending.ts"
import { environmentLayer } from "./system/environment.ts"
import { actorHelp, actorList, settingsOf, usage } from "./system/help.ts"
import { loggingLayer } from "./system/logging.ts"
import { runProcess } from "./system/process.ts"
import { runWorkers } from "./system/workers.ts"

const say = (text: string, code: number): void => {
  const stream = code === 0 ? process.stdout : process.stderr
  stream.write(`${text}\n`)
  process.exitCode = code
}

const run = async (
  settings: ReadonlyArray<Setting<unknown>>,
  work: Effect.Effect<void, StartFailure>
): Promise<void> => {
  const exit = await Effect.runPromiseExit(
    work.pipe(
      Effect.provide(loggingLayer),
      Effect.provide(environmentLayer(settings.map(({ name }) => name)))
    )
  )
  if (Exit.isSuccess(exit)) process.exit(0)
  const { sentence, code } = endingOf(exit.cause)
  say(`spoor: ${sentence}`, code)
  process.exit(code)
}

/** One actor in several processes, which share what it listens on: that can only be the gateway. */
const runInWorkers = (chosen: ReadonlyArray<Actor>, written: string): Promise<void> | void => {
  const workers = Number(written)
  const [actor] = chosen
  if (chosen.length !== 1 || actor?.name !== "gateway")
    return say("spoor: --workers is for the gateway alone: actor gateway --workers 4", 64)
  if (!Number.isInteger(workers) || workers < 1 || workers > 256)
    return say("spoor: --workers is how many processes there are to be, from 1 to 256", 64)
  if (process.platform !== "linux")
    return say("spoor: --workers needs Linux, where processes can share the connections of a port", 78)
  const [, file = ""] = process.argv
  return run(
    settingsOf(actor),
    Effect.flatMap(gatewayEnvironments(workers), (environments) =>
      runWorkers({ file, args: [actor.name], environments })
    )
  )
}

/** What the command line asks for; undefined when it has an option that there is not. */
const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        all: { type: "boolean" },
        list: { type: "boolean" },
        workers: { type: "string" },
        help: { type: "boolean", short: "h" }
      }
    })
  } catch {
    return undefined
  }
}

const main = async (): Promise<void> => {
  const given = readArguments()
  if (given === undefined)
    return say("spoor: there are no options but --all, --list, --workers and --help", 64)
  const { values, positionals } = given
  const unknown = positionals.find((name) => !actors.some((actor) => actor.name === name))
  if (unknown !== undefined) {
    return say(
      `spoor: there is no actor "${unknown}"; there are ${actors.map(({ name }) => name).join(", ")}`,
      64
    )
  }
  const isNamed = ({ name }: Actor): boolean => positionals.includes(name)
  const chosen = actors.filter((actor) => isNamed(actor) || (values.all === true && isStandard(actor)))
  if (values.list === true) return say(actorList(actors), 0)
  if (values.help === true) return say(chosen.length === 0 ? usage : chosen.map(actorHelp).join("\n\n"), 0)
  if (chosen.length === 0) return say(usage, 64)
  if (values.workers !== undefined) return runInWorkers(chosen, values.workers)
  return run(chosen.flatMap(settingsOf), runProcess(chosen))
}

await main()
