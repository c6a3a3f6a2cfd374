/**
 * The command `actor`: runs one or several actors, Spoor's by name and others by the path of their file, in this process
 * until a signal; `--all` runs all of Spoor's except those that run only by name; `gateway --workers 4` runs the gateway
 * in four processes. Ends with 0 after a drain, 1 for a start that fails,
 * 64 for an invalid command line, 78 for invalid settings.
 */
import { Cause, Effect } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import { actorNames, standardNames } from "../all.ts"
import type { Actor, StartFailure } from "../runtime/actor.ts"
import { logNameOf } from "../runtime/banner.ts"
import { environmentLayer } from "../runtime/environment.ts"
import { processExitOf } from "../runtime/exit-code.ts"
import { loggingLayer } from "../runtime/logging.ts"
import { runProcess } from "../runtime/process.ts"
import { telemetryLayer } from "../runtime/telemetry/layer.ts"
import { warnMisspelled } from "../runtime/warn-misspelled.ts"
import { runWorkers } from "../runtime/workers/supervisor.ts"
import { thisWorker } from "../runtime/workers/worker.ts"
import { isActorFile, namedActors } from "./actor-files/named-actors.ts"
import { checkActors } from "./check.ts"
import { countFlag, misuse, switchFlag } from "./command-line/flags.ts"
import { print, printError } from "./command-line/print.ts"
import { handler, runCommandLine } from "./command-line/run.ts"
import { actorHelp, actorList, settingsOf } from "./help.ts"

/** Protects against a typing error that would start a thousand processes. */
const maxWorkers = 256

/** An example of a path, for help and errors; a completion offers names only. */
const examplePath = process.argv.includes("--completions") ? [] : ["./file.ts"]

const options = {
  // NOTE: the words of this command line that are paths are choices too, because a choice is what completions offer.
  names: Argument.Literals("name", [
    ...actorNames,
    ...examplePath,
    ...process.argv.slice(2).filter(isActorFile)
  ]).pipe(
    Argument.withMetavar("actor|file"),
    Argument.withDescription("Actors to run (--list names them), or files of others"),
    Argument.variadic()
  ),
  all: switchFlag(
    "all",
    `Run all actors of Spoor except ${actorNames.filter((name) => !standardNames.includes(name)).join(", ")}`
  ),
  list: switchFlag("list", "List the actors"),
  check: switchFlag("check", "Report every fault in the settings of these actors, and end"),
  connect: switchFlag("connect", "With --check: also try every server that these actors require"),
  json: switchFlag("json", "With --check: print one line of JSON"),
  workers: countFlag(
    "workers",
    "Run the gateway in this many processes that share its port (Linux, with REDIS_URL)",
    { max: maxWorkers }
  ).pipe(Flag.withDefault(undefined))
}

type Options = Command.Command.Config.Infer<typeof options>

const namesOf = ({ names, all }: Options): ReadonlyArray<string> => [...names, ...(all ? standardNames : [])]

const checkOptions = (given: Options) => {
  const names = new Set(namesOf(given))
  if (!given.list && names.size === 0)
    return misuse("actor needs names of actors, files of actors, or --all; actor --list lists the names")
  if (!given.check && (given.connect || given.json))
    return misuse(
      `--${given.connect ? "connect" : "json"} works with --check: actor gateway --check --connect`
    )
  return given.workers !== undefined && !(names.size === 1 && names.has("gateway"))
    ? misuse("--workers works with the gateway alone: actor gateway --workers 4")
    : Effect.void
}

const runActors = Effect.fnUntraced(function* (given: Options) {
  if (given.list) {
    yield* print(actorList(yield* namedActors([...actorNames, ...given.names.filter(isActorFile)])))
    return 0
  }
  const actors = yield* namedActors(namesOf(given))
  if (given.check) return yield* checkActors(actors, given)
  const { workers = 1 } = given
  if (workers === 1) return yield* inEnvironment(actors, Effect.as(runProcess(actors), 0))
  if (process.platform !== "linux") {
    yield* printError("spoor: --workers needs Linux: other systems do not share a port between processes")
    return 78
  }
  return yield* inEnvironment(actors, runGatewayWorkers(workers))
})

const runGatewayWorkers = Effect.fnUntraced(function* (workers: number) {
  const [, file = ""] = process.argv
  const { gatewayWorkers } = yield* Effect.promise(() => import("../gateway/workers.ts"))
  return yield* runWorkers({ file, args: ["gateway"], ...(yield* gatewayWorkers(workers)) })
})

/** Runs the work with the settings and the log of these actors. */
const inEnvironment = (actors: ReadonlyArray<Actor>, work: Effect.Effect<number, StartFailure>) =>
  Effect.andThen(warnMisspelled(actors.flatMap(settingsOf)), work).pipe(
    Effect.annotateLogs({
      actor: logNameOf(actors),
      ...(thisWorker === undefined ? {} : { worker: thisWorker.number })
    }),
    Effect.provide(telemetryLayer(logNameOf(actors))),
    Effect.provide(loggingLayer),
    Effect.provide(environmentLayer(actors.flatMap(settingsOf).map(({ name }) => name)))
  )

/** Help about the named actors, with their settings; without names about the command. */
const completeHelp = (text: string): Effect.Effect<string> => {
  const named = process.argv.slice(2).filter((word) => actorNames.includes(word) || isActorFile(word))
  if (named.length === 0) return Effect.succeed(text)
  return namedActors(named).pipe(
    Effect.map((actors) => actors.map(actorHelp).join("\n\n")),
    Effect.catchCause((cause) =>
      Effect.sync(() => {
        const { sentence, code } = processExitOf(cause)
        process.exitCode = CliError.isCliError(Cause.squash(cause)) ? 64 : code
        return `spoor: ${sentence}`
      })
    )
  )
}

await runCommandLine(
  Command.make("actor", options, handler(runActors)).pipe(
    Command.validate(checkOptions),
    Command.withDescription(
      `Runs actors in this process until SIGTERM or SIGINT; then they finish the messages in flight.
At SIGHUP they read again what comes from files: TLS_CERT, GEOIP_DB, and WRITE_KEYS, LINKS_TOKEN, LINKS_SECRET,
VIEWER_PASSWORD and VIEWER_TOKEN from <NAME>_FILE. A process with none of them finishes, as at SIGTERM.
--check reports every fault of the settings, and ends with 78 if there is one.
actor <name> --help shows the settings of that actor.
A file is TypeScript or JavaScript; every actor that it exports runs, beside those that are named.`
    ),
    Command.withExamples([
      { command: "actor --all", description: "The whole pipeline in one process" },
      { command: "actor drainer enricher bridge", description: "These actors in one process" },
      {
        command: "actor ./browser-counter.ts gateway",
        description: "An actor of your own, and one of Spoor's"
      },
      { command: "actor gateway --workers 4" },
      { command: "actor enricher --check --connect", description: "Its settings, and its servers" },
      { command: "actor enricher --help", description: "What it does, and its settings" }
    ])
  ),
  completeHelp
)
