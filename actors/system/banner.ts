/** The few lines that a start prints for a person: what runs, where to reach it, and what stands behind each seam. */
import { Console } from "effect"
import type { Seam } from "../../bridge/seam.ts"
import type { Actor } from "./actor.ts"

type Line = readonly [what: string, where: string]

/** Prints them on standard output when that is a terminal or a person's `npm start`; not among JSON logs. */
export const printBanner = (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  seams: ReadonlyArray<readonly [name: string, seam: Seam]>
) => Console.log(bannerText(actors, addresses, seams))

/** The lines as text. */
export const bannerText = (
  actors: ReadonlyArray<Actor>,
  addresses: ReadonlyArray<Line>,
  seams: ReadonlyArray<readonly [name: string, seam: Seam]>
): string => {
  const behind = seams.map(([name, seam]): Line => {
    const place = `${seam.kind} ${seam.address}`.trim()
    return [name, seam.embedded ? `${place} (embedded)` : place]
  })
  const lines: ReadonlyArray<Line> = [...addresses, ...behind]
  const width = Math.max(...lines.map(([what]) => what.length))
  const names = actors.map((actor) => actor.name).join(", ")
  return [
    `Spoor is running: ${names}`,
    ...lines.map(([what, where]) => `  ${what.padEnd(width)}  ${where}`)
  ].join("\n")
}
