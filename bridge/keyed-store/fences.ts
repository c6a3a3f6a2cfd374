/**
 * Which records of a batch may have an effect, and the fences after it: the rules of the projection store (its plan.ts),
 * for a store that compares versions and so may decide outside of its atomic step. Pure.
 */
import { Failure } from "../../contracts/failure.ts"
import type { EventId } from "../../contracts/ids.ts"
import { isBelow, isOffset, isRemembered, makeGroups, type SeenGroup } from "../projection-store/plan.ts"

/** A record as the fences see it. Without an event id of Spoor only the offset fence applies. */
export interface RecordRef {
  readonly offset: string
  readonly id: EventId | undefined
}

/** May the record have its effect: it is new, it was handled before, or its event was handled from another record. */
export type Verdict = "fresh" | "reread" | "repeated"

/** A batch of records as the fences see it. Places count from 0. */
export interface FencePlan {
  readonly offsets: ReadonlyArray<string>
  /** The offset after the partition's last record, never below the one after the batch. */
  readonly end: string
  readonly groups: ReadonlyArray<SeenGroup>
}

/** What a partition has stored: the next offset, and for each group of the plan its bitmap (empty: none). */
export interface StoredFences {
  readonly next: string | undefined
  readonly bitmaps: ReadonlyArray<Uint8Array>
}

/** A plan with what was stored and the verdict of each record. */
export interface LoadedFences {
  readonly plan: FencePlan
  readonly stored: StoredFences
  readonly verdicts: ReadonlyArray<Verdict>
}

/** A bitmap to write: its bucket, which expires as a whole, and its field there. */
export interface Mark {
  readonly bucket: string
  readonly field: string
  readonly bits: Uint8Array
}

/** The plan of a batch, or `Failure` "unreadable" for an invalid or not ascending offset. */
export const fencePlanOf = (records: ReadonlyArray<RecordRef>, end: string): FencePlan | Failure => {
  const groups = new Map<string, SeenGroup>()
  const place = makeGroups(groups)
  const offsets: Array<string> = []
  for (const [i, { offset, id }] of records.entries()) {
    const before = offsets.at(-1)
    if (!isOffset(offset) || (before !== undefined && !isBelow(before, offset)))
      return unreadable(`offset "${offset}" is invalid, or not greater than "${before ?? ""}"`)
    offsets.push(offset)
    if (id !== undefined) place(id, i)
  }
  if (!isOffset(end)) return unreadable(`"${end}" is not a valid end offset of a partition`)
  const next = nextAfter(offsets) ?? "0"
  return { offsets, end: isBelow(end, next) ? next : end, groups: [...groups.values()] }
}

/** The offset after the last of these; undefined for none. */
const nextAfter = (offsets: ReadonlyArray<string>): string | undefined => {
  const last = offsets.at(-1)
  return last === undefined ? undefined : String(BigInt(last) + 1n)
}

/** The verdicts on the records of a plan. `now`: milliseconds since 1970; `horizon`: how long ids are stored, milliseconds. */
export const judge = (plan: FencePlan, stored: StoredFences, now: number, horizon: number): LoadedFences => {
  const fenced = belowFence(plan, stored.next)
  const isKnown = (group: SeenGroup): boolean => isRemembered(group, now, horizon)
  const first = fenced > 0 && isRecreated(plan, stored, fenced, isKnown) ? 0 : fenced
  const verdicts = plan.offsets.map((_, i): Verdict => (i < first ? "reread" : "fresh"))
  for (const [g, { effects, bits }] of plan.groups.entries()) {
    const inBatch = new Set<number>()
    for (const [i, effect] of effects.entries()) {
      const bit = bits[i] ?? 0
      if (verdicts[effect] === "reread") continue
      if (isSet(stored.bitmaps[g], bit) || inBatch.has(bit)) verdicts[effect] = "repeated"
      inBatch.add(bit)
    }
  }
  return { plan, stored, verdicts }
}

/**
 * The offset fence when the first `handled` records of the batch were handled; undefined when it stays as it is. It goes
 * back only in a recreated log, never because records below it were read again.
 */
export const fenceAfter = ({ plan, verdicts }: LoadedFences, handled: number): string | undefined =>
  verdicts[handled - 1] === "reread" ? undefined : nextAfter(plan.offsets.slice(0, handled))

/** The bitmaps that change when the first `handled` records of the batch were handled. */
export const marksOf = ({ plan, stored, verdicts }: LoadedFences, handled: number): ReadonlyArray<Mark> =>
  plan.groups.flatMap(({ bucket, field, effects, bits }, g) => {
    const fresh = bits.filter((_, i) => {
      const effect = effects[i] ?? 0
      return effect < handled && verdicts[effect] === "fresh"
    })
    if (fresh.length === 0) return []
    const known = stored.bitmaps[g] ?? new Uint8Array()
    const marked = new Uint8Array(Math.max(known.length, Math.floor(Math.max(...fresh) / 8) + 1))
    marked.set(known)
    for (const bit of fresh) marked[bit >> 3] = (marked[bit >> 3] ?? 0) | (1 << (bit & 7))
    return [{ bucket, field, bits: marked }]
  })

/** The number of records below the offset fence. A fence beyond the partition's end belongs to a deleted log. */
const belowFence = ({ offsets, end }: FencePlan, next: string | undefined): number => {
  if (next === undefined || isBelow(end, next)) return 0
  const first = offsets.findIndex((offset) => !isBelow(offset, next))
  return first === -1 ? offsets.length : first
}

/** A record below the fence whose id should be stored, and is not, shows that the log was recreated. */
const isRecreated = (
  { groups }: FencePlan,
  { bitmaps }: StoredFences,
  fenced: number,
  isKnown: (group: SeenGroup) => boolean
): boolean =>
  groups.some(
    (group, g) =>
      isKnown(group) &&
      group.effects.some((effect, i) => effect < fenced && !isSet(bitmaps[g], group.bits[i] ?? 0))
  )

const isSet = (bitmap: Uint8Array | undefined, bit: number): boolean =>
  ((bitmap?.[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0

const unreadable = (what: string): Failure =>
  new Failure({ reason: "unreadable", message: `these records cannot be handled: ${what}` })
