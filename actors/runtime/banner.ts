/**
 * What a start prints: what runs, where to reach it, and what stands behind each seam. A few lines for a person, one JSON
 * line among JSON logs.
 */
import { Clock, Console, Effect } from "effect"
import type { Dependency } from "../../bridge/dependency.ts"
import type { Actor } from "./actor.ts"
import { jsonLine, processName } from "./json-log.ts"
import { isForPeople } from "./logging.ts"
import type { Worker } from "./workers/worker.ts"

type Line = readonly [what: string, where: string]

/** Prints it on standard output, whatever LOG_LEVEL is, in the format of the logs. */
export const printBanner = Effect.fnUntraced(function* (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  seams: ReadonlyArray<readonly [name: string, dependency: Dependency]>,
  worker: Worker | undefined
) {
  const { title, lines } = bannerOf(actors, addresses, seams, worker)
  if (yield* isForPeople) return yield* Console.log(bannerText(title, lines))
  const at = new Date(yield* Clock.currentTimeMillis)
  const annotations = { actor: logNameOf(actors), ...(worker === undefined ? {} : { worker: worker.number }) }
  yield* Console.log(jsonLine({ at, level: "Info", said: [title, Object.fromEntries(lines)], annotations }))
})

/** The `actor` of log lines that are about the process: its only actor, else the process itself. */
export const logNameOf = (actors: ReadonlyArray<Actor>): string =>
  (actors.length === 1 ? actors[0]?.name : undefined) ?? processName

/** Title and lines. Of several workers, the first says what is the same for all. */
const bannerOf = (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  seams: ReadonlyArray<readonly [name: string, dependency: Dependency]>,
  worker: Worker | undefined
): { readonly title: string; readonly lines: ReadonlyArray<Line> } => {
  const behind = seams.map(([name, dependency]): Line => {
    const place = `${dependency.kind} ${dependency.address}`.trim()
    return [name, dependency.embedded ? `${place} (embedded)` : place]
  })
  const lines: ReadonlyArray<Line> =
    worker === undefined || worker.number === 1
      ? [...addresses, ...behind]
      : addresses.filter(([what]) => what === "health")
  const names = actors.map((actor) => actor.name).join(", ")
  const which = worker === undefined ? "" : ` (worker ${worker.number} of ${worker.of})`
  return { title: `Spoor is running: ${names}${which}`, lines }
}

/** As a person reads it. */
export const bannerText = (title: string, lines: ReadonlyArray<Line>): string => {
  const width = Math.max(...lines.map(([what]) => what.length))
  return [title, ...lines.map(([what, where]) => `  ${what.padEnd(width)}  ${where}`)].join("\n")
}
