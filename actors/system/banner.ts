/** The few lines that a start prints for a person: what runs, where to reach it, and what stands behind each seam. */
import { Console } from "effect"
import type { Seam } from "../../bridge/seam.ts"
import type { Actor } from "./actor.ts"
import type { Worker } from "./worker.ts"

type Line = readonly [what: string, where: string]

/** Prints them on standard output when that is a terminal or a person's `npm start`; not among JSON logs. */
export const printBanner = (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  seams: ReadonlyArray<readonly [name: string, seam: Seam]>,
  worker: Worker | undefined
) => Console.log(bannerText(actors, addresses, seams, worker))

/** The lines as text. Of several workers, the first says what is the same for all. */
export const bannerText = (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  seams: ReadonlyArray<readonly [name: string, seam: Seam]>,
  worker?: Worker
): string => {
  const behind = seams.map(([name, seam]): Line => {
    const place = `${seam.kind} ${seam.address}`.trim()
    return [name, seam.embedded ? `${place} (embedded)` : place]
  })
  const lines: ReadonlyArray<Line> =
    worker === undefined || worker.number === 1
      ? [...addresses, ...behind]
      : addresses.filter(([what]) => what === "health")
  const width = Math.max(...lines.map(([what]) => what.length))
  const names = actors.map((actor) => actor.name).join(", ")
  const which = worker === undefined ? "" : ` (worker ${worker.number} of ${worker.of})`
  return [
    `Spoor is running: ${names}${which}`,
    ...lines.map(([what, where]) => `  ${what.padEnd(width)}  ${where}`)
  ].join("\n")
}
