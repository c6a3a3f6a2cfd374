/**
 * The banner that a process prints at its start: its actors, their addresses, and the system behind each dependency. A few lines for
 * people, one JSON line where logs are JSON.
 */
import { Clock, Console, Effect } from "effect"
import type { Dependency } from "../../bridge/dependency.ts"
import type { Actor } from "./actor.ts"
import { jsonLine, processName } from "./json-log.ts"
import { isForPeople } from "./logging.ts"
import type { Worker } from "./workers/worker.ts"

type Line = readonly [what: string, where: string]

/** Prints the banner on standard output, whatever LOG_LEVEL is, in the format of the logs. */
export const printBanner = Effect.fnUntraced(function* (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  dependencies: ReadonlyArray<readonly [name: string, dependency: Dependency]>,
  worker: Worker | undefined
) {
  const { title, lines } = bannerOf(actors, addresses, dependencies, worker)
  if (yield* isForPeople) return yield* Console.log(bannerText(title, lines))
  const at = new Date(yield* Clock.currentTimeMillis)
  const annotations = { actor: logNameOf(actors), ...(worker === undefined ? {} : { worker: worker.number }) }
  yield* Console.log(jsonLine({ at, level: "Info", values: [title, Object.fromEntries(lines)], annotations }))
})

/** The `actor` field of log lines about the process: the name of its only actor, else `process`. */
export const logNameOf = (actors: ReadonlyArray<Actor>): string =>
  (actors.length === 1 ? actors[0]?.name : undefined) ?? processName

/** The title and the lines. Of several workers only the first lists the lines that are the same for all. */
const bannerOf = (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  dependencies: ReadonlyArray<readonly [name: string, dependency: Dependency]>,
  worker: Worker | undefined
): { readonly title: string; readonly lines: ReadonlyArray<Line> } => {
  const systems = dependencies.map(([name, dependency]): Line => {
    const where = `${dependency.kind} ${dependency.address}`.trim()
    return [name, dependency.embedded ? `${where} (embedded)` : where]
  })
  const lines: ReadonlyArray<Line> =
    worker === undefined || worker.number === 1
      ? [...addresses, ...systems]
      : addresses.filter(([what]) => what === "health")
  const names = actors.map((actor) => actor.name).join(", ")
  const which = worker === undefined ? "" : ` (worker ${worker.number} of ${worker.of})`
  return { title: `Spoor is running: ${names}${which}`, lines }
}

/** The banner for people. */
export const bannerText = (title: string, lines: ReadonlyArray<Line>): string => {
  const width = Math.max(...lines.map(([what]) => what.length))
  return [title, ...lines.map(([what, where]) => `  ${what.padEnd(width)}  ${where}`)].join("\n")
}
