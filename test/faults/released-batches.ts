/** The batches that drainers released without a receipt, from their logs at the level Debug. */
import type { World } from "./world.ts"

export interface ReleasedBatch {
  /** The reason of a `Failure`: "no-responders", "no-answer", … */
  readonly reason: string
  readonly message: string
  readonly batch: string
  /** The index of the first line in the batch; above 0 for a part. */
  readonly first: number
  readonly lines: number
}

/** All released batches so far, oldest first. */
export const releasedBatches = (world: World): ReadonlyArray<ReleasedBatch> =>
  world
    .group("drainer")
    .output()
    .split("\n")
    // The line of an outage begins alike, but names no batch.
    .filter((line) => line.includes("batch released") && line.includes('"batch":'))
    .map((line) => {
      const [, message = line] = /batch released: ([^"\\]*)/.exec(line) ?? []
      return {
        reason: valueIn(line, "reason"),
        message,
        batch: valueIn(line, "batch"),
        first: Number(valueIn(line, "first")),
        lines: Number(valueIn(line, "lines"))
      }
    })

const valueIn = (line: string, name: string): string =>
  new RegExp(`"${name}":\\s*"?([^",}]*)`).exec(line)?.[1] ?? ""
