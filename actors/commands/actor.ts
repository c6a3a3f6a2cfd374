/**
 * The command: `actor <name> …` runs one or several actors, `--all` all but those that must be named, until a signal;
 * `--list` says which there are, `--help` behind a name which settings it has; `gateway --workers 4` runs it in four
 * processes. Ends with 0 after a drain, 78 for settings that cannot work, 64 for a command that does not exist, 1 for
 * anything else that ends the start.
 */
import { parseArgs } from "node:util"
import { Effect, Exit } from "effect"
import { actorNames, loadActors, standardNames } from "../all.ts"
import type { Actor, StartFailure } from "../runtime/actor.ts"
import { logNameOf } from "../runtime/banner.ts"
import { environmentLayer } from "../runtime/environment.ts"
import { processExitOf } from "../runtime/exit-code.ts"
import { loggingLayer } from "../runtime/logging.ts"
import { runProcess } from "../runtime/process.ts"
import { runWorkers } from "../runtime/workers/supervisor.ts"
import { thisWorker } from "../runtime/workers/worker.ts"
import { actorHelp, actorList, settingsOf, usage } from "./help.ts"

const say = (text: string, code: number): void => {
  const stream = code === 0 ? process.stdout : process.stderr
  stream.write(`${text}\n`)
  process.exitCode = code
}

const run = async (
  actors: ReadonlyArray<Actor>,
  work: Effect.Effect<number, StartFailure>
): Promise<void> => {
  const names = actors.flatMap(settingsOf).map(({ name }) => name)
  const exit = await Effect.runPromiseExit(
    work.pipe(
      Effect.annotateLogs({
        actor: logNameOf(actors),
        ...(thisWorker === undefined ? {} : { worker: thisWorker.number })
      }),
      Effect.provide(loggingLayer),
      Effect.provide(environmentLayer(names))
    )
  )
  if (Exit.isSuccess(exit)) process.exit(exit.value)
  const { sentence, code } = processExitOf(exit.cause)
  say(`spoor: ${sentence}`, code)
  process.exit(code)
}

const runOne = (chosen: ReadonlyArray<Actor>): Promise<void> => run(chosen, Effect.as(runProcess(chosen), 0))

/** More than any machine has use for; a slip of the keyboard must not start a thousand processes. */
const mostWorkers = 256
const noSuchNumber = `spoor: --workers is how many processes there are to be, from 1 to ${mostWorkers}`

/** One actor in several processes, which share what it listens on: that can only be the gateway. */
const runInWorkers = async (chosen: ReadonlyArray<Actor>, written: string): Promise<void> => {
  const [actor] = chosen
  if (chosen.length !== 1 || actor?.name !== "gateway")
    return say("spoor: --workers is for the gateway alone: actor gateway --workers 4", 64)
  const workers = Number(written)
  if (!/^\d+$/.test(written) || workers < 1 || workers > mostWorkers) return say(noSuchNumber, 64)
  if (workers === 1) return runOne(chosen)
  if (process.platform !== "linux")
    return say("spoor: --workers needs Linux: elsewhere no system shares out the connections of a port", 78)
  const [, file = ""] = process.argv
  const { gatewayWorkers } = await import("../gateway/workers.ts")
  return run(
    chosen,
    Effect.flatMap(gatewayWorkers(workers), (each) => runWorkers({ file, args: [actor.name], ...each }))
  )
}

/** What the command line asks for, or what is wrong with it. */
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
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : ""
    const unknown = "spoor: there are no options but --all, --list, --workers and --help"
    return said.startsWith("Option '--workers") ? noSuchNumber : unknown
  }
}

const main = async (): Promise<void> => {
  const given = readArguments()
  if (typeof given === "string") return say(given, 64)
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
  if (values.workers !== undefined) return runInWorkers(chosen, values.workers)
  return runOne(chosen)
}

await main()
