/**
 * A batch of effects, validated and arranged for one atomic write: each table and key once, and event ids as bits of
 * bitmaps, so that a thousand events of one batch need one small string.
 */
import { Failure } from "../../contracts/failure.ts"
import { splitEventId } from "../../contracts/ids.ts"
import type { EffectBatch } from "./service.ts"

/** Events of one batch whose ids are in the same bitmap: their places and their bits. */
export interface SeenGroup {
  /** Ids of the same quarter of a second share a bucket. */
  readonly bucket: string
  /** The bitmap in the bucket. */
  readonly field: string
  /** When their batch was claimed first, milliseconds since 1970. */
  readonly made: number
  /** Places in the list of effects, and the bit of each, below `bitmapBits`. */
  readonly effects: Array<number>
  readonly bits: Array<number>
}

/** Places count from 0. */
export interface Plan {
  /** The partition, as the offset fence knows it. */
  readonly partition: string
  /** The offset of each effect, ascending, and the one after the last. */
  readonly offsets: ReadonlyArray<string>
  readonly next: string
  /** The offset after the partition's last record, never below `next`: a fence beyond it belongs to a deleted log. */
  readonly end: string
  /** The effects without an event id of Spoor: only the offset fence applies to them. */
  readonly unnamed: ReadonlyArray<number>
  readonly groups: ReadonlyArray<SeenGroup>
  readonly tables: ReadonlyArray<string>
  /** For each key the place of its table, and its name. */
  readonly keyTables: ReadonlyArray<number>
  readonly keyNames: ReadonlyArray<string>
  /** The increments of all effects in order: for each the place of its key, and the amount. */
  readonly addKeys: ReadonlyArray<number>
  readonly addAmounts: ReadonlyArray<number>
  /** For each effect, the number of increments up to its end. */
  readonly ends: ReadonlyArray<number>
}

/** Events per bitmap: limits the size of a bitmap for any id. */
export const bitmapBits = 4096

/** Compares offsets: decimal numbers of any size, without leading zeros. */
export const isBelow = (one: string, other: string): boolean =>
  one.length === other.length ? one < other : one.length < other.length

/** True for a decimal number of any size, without leading zeros. */
export const isOffset = (text: string): boolean => /^(0|[1-9]\d*)$/.test(text)

/**
 * True when the event ids of this group must still be stored if its events were counted. Then an unknown id was never
 * counted, and its record below the offset fence belongs to a recreated log. The margin is for clock differences.
 */
export const isRemembered = ({ made }: SeenGroup, now: number, horizon: number): boolean =>
  made > now - horizon / 2

/** The plan of a batch, or `Failure` "unreadable" for an increment that is not an integer, or an invalid or not ascending offset. */
export const planOf = ({ topic, partition, end, effects }: EffectBatch): Plan | Failure => {
  const offsets: Array<string> = []
  const unnamed: Array<number> = []
  const groups = new Map<string, SeenGroup>()
  const tables: Array<string> = []
  const known = new Map<string, { readonly place: number; readonly keys: Map<string, number> }>()
  const keyTables: Array<number> = []
  const keyNames: Array<string> = []
  const addKeys: Array<number> = []
  const addAmounts: Array<number> = []
  const ends: Array<number> = []

  const placeOf = (tableName: string, keyName: string): number => {
    let table = known.get(tableName)
    if (table === undefined) {
      table = { place: tables.push(tableName) - 1, keys: new Map() }
      known.set(tableName, table)
    }
    let place = table.keys.get(keyName)
    if (place === undefined) {
      keyTables.push(table.place)
      place = keyNames.push(keyName) - 1
      table.keys.set(keyName, place)
    }
    return place
  }

  const place = makeGroups(groups)
  let before: string | undefined
  for (let i = 0; i < effects.length; i++) {
    const effect = effects[i]
    if (effect === undefined) continue
    const { offset, id, increments } = effect
    if (!isOffset(offset) || (before !== undefined && !isBelow(before, offset))) {
      return unreadable(`offset "${offset}" is invalid, or not greater than "${before ?? ""}"`)
    }
    before = offset
    offsets.push(offset)
    if (id === undefined || !place(id, i)) unnamed.push(i)
    for (const { table, key, by } of increments) {
      if (!Number.isSafeInteger(by)) return unreadable(`the increment ${by} is not a safe integer`)
      addKeys.push(placeOf(table, key.toWellFormed()))
      addAmounts.push(by)
    }
    ends.push(addKeys.length)
  }
  if (!isOffset(end)) return unreadable(`"${end}" is not a valid end offset of a partition`)
  const next = String(BigInt(offsets.at(-1) ?? "-1") + 1n)
  return {
    partition: `${topic}-${partition}`,
    offsets,
    next,
    end: isBelow(end, next) ? next : end,
    unnamed,
    groups: [...groups.values()],
    tables,
    keyTables,
    keyNames,
    addKeys,
    addAmounts,
    ends
  }
}

/**
 * Adds events to the groups of their ids; returns for each whether it has an event id of Spoor. A batch's id begins with
 * the milliseconds of its creation as 12 hex digits; the first ten name the bucket.
 */
export const makeGroups = (groups: Map<string, SeenGroup>): ((id: string, effect: number) => boolean) => {
  // Consecutive events mostly have the same batch.
  let last: { readonly batch: string; readonly part: number; readonly group: SeenGroup } | undefined

  return (id, effect) => {
    const known = last !== undefined && id.startsWith(last.batch) ? indexIn(id, last.batch.length) : undefined
    const event = known === undefined ? splitEventId(id) : { batch: last?.batch ?? "", index: known }
    if (event === undefined) return false
    const { batch, index } = event
    const part = Math.floor(index / bitmapBits)
    if (last?.batch !== batch || last.part !== part) {
      const name = `${batch}:${part}`
      let group = groups.get(name)
      if (group === undefined) {
        const made = Number.parseInt(batch.slice(0, 12), 16)
        group = { bucket: batch.slice(0, 10), field: name.slice(10), made, effects: [], bits: [] }
        groups.set(name, group)
      }
      last = { batch, part, group }
    }
    last.group.effects.push(effect)
    last.group.bits.push(index % bitmapBits)
    return true
  }
}

/** The number after the `-` at that place: one to seven digits up to the end, or undefined. */
const indexIn = (id: string, dash: number): number | undefined => {
  const digits = id.length - dash - 1
  if (digits < 1 || digits > 7 || id.charCodeAt(dash) !== 45) return undefined
  let index = 0
  for (let at = dash + 1; at < id.length; at++) {
    const digit = id.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    index = index * 10 + digit
  }
  return index
}

const unreadable = (what: string): Failure =>
  new Failure({ reason: "unreadable", message: `these effects cannot be applied: ${what}` })
