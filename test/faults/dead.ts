/** The dead letters of a world, held against what was sent. */
import { issuedNumber, queryOfLine } from "./expected-record.ts"
import type { World } from "./world.ts"

export interface Dead {
  readonly numbers: ReadonlySet<number>
  /** How often each reason is there among those of the load: not those of lines that had to die. */
  readonly reasons: ReadonlyMap<string, number>
  /** Letters that contradict what was sent, as sentences. */
  readonly wrong: ReadonlyArray<string>
}

export const readDead = async (world: World): Promise<Dead> => {
  const { sent } = world.load
  const extras = new Map(Array.from(sent.extra, ([n, { line }]) => [line.toString("latin1"), n]))
  const numbers = new Set<number>()
  const reasons = new Map<string, number>()
  const wrong: Array<string> = []
  for (const text of await world.queue.letters()) {
    const { line, reason } = JSON.parse(text) as { readonly line: string; readonly reason: string }
    const bytes = Buffer.from(line, "base64")
    const n = extras.get(bytes.toString("latin1")) ?? issuedNumber(queryOfLine(bytes) ?? "", sent)
    if (n === undefined) {
      wrong.push(`nobody sent the line of the dead letter ${text.slice(0, 300)}`)
      continue
    }
    if (numbers.has(n)) wrong.push(`event ${n} has two dead letters`)
    numbers.add(n)
    const wanted = sent.extra.get(n)?.dead
    if (wanted === undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    else if (wanted !== reason) wrong.push(`event ${n} died of "${reason}" instead of "${wanted}"`)
  }
  for (const [n, { dead }] of sent.extra) {
    if (dead !== undefined && sent.fateOf(n) === "acknowledged" && !numbers.has(n))
      wrong.push(`event ${n} has no dead letter though it had to die of "${dead}"`)
  }
  return { numbers, reasons, wrong }
}
