/** Compares the dead letters of a world with the lines sent. */
import { issuedNumber, queryOfLine } from "./expected-record.ts"
import type { World } from "./world.ts"

export interface Dead {
  readonly numbers: ReadonlySet<number>
  /** Number of dead letters of the load by reason, without those of lines that must be dead-lettered. */
  readonly reasons: ReadonlyMap<string, number>
  /** Dead letters that contradict the lines sent, as sentences. */
  readonly wrong: ReadonlyArray<string>
  /** The deliveries that died: their ids, as in the list. */
  readonly deliveries: ReadonlyArray<string>
}

export const readDead = async (world: World): Promise<Dead> => {
  const { sent } = world.load
  const extras = new Map(Array.from(sent.extra, ([n, { line }]) => [line.toString("latin1"), n]))
  const numbers = new Set<number>()
  const reasons = new Map<string, number>()
  const wrong: Array<string> = []
  const deliveries: Array<string> = []
  for (const text of await world.queue.letters()) {
    const { line, reason, stage } = JSON.parse(text) as Readonly<Record<"line" | "reason" | "stage", string>>
    const bytes = Buffer.from(line, "base64")
    if (stage === "deliverer") {
      deliveries.push((JSON.parse(bytes.toString()) as { readonly delivery: string }).delivery)
      continue
    }
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
  return { numbers, reasons, wrong, deliveries }
}
