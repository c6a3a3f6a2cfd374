/**
 * The fields of one event that conditions and templates name: `params.x`, `lists.x`, `meta.x`, `type`, `topic`, `id`. Each
 * is decoded when it is asked for first, and then kept for the other rules. Pure.
 */

import type { ByteString } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"
import { ipText } from "../../contracts/wire/ip-text.ts"
import { type Param, paramValue, parseParams, readPair } from "../../contracts/wire/params.ts"
import { eventType, eventTypeText, type SplitRecord } from "../../contracts/wire/record.ts"
import { withoutMarks } from "./secret-marks.ts"

/** What conditions read. */
export interface Fields {
  readonly type: string
  readonly topic: Topic
  readonly id: string
  /** The first value of a parameter; undefined where absent. */
  readonly param: (name: string) => string | undefined
  /** All values of a parameter; empty where absent. `mbers` also finds `mbers[]` and `mbers[0]`. */
  readonly list: (name: string) => ReadonlyArray<string>
  /** A value of the record's meta part; undefined where absent or empty. */
  readonly meta: (name: string) => string | undefined
}

/** The fields of a record. */
export class RecordFields implements Fields {
  readonly topic: Topic
  readonly id: string
  private readonly split: SplitRecord
  private knownType: string | undefined
  private knownParams: ReadonlyMap<string, string> | undefined
  private knownLists: ReadonlyMap<string, ReadonlyArray<string>> | undefined
  private knownMeta: ReadonlyMap<string, string> | undefined
  private readonly asked = new Map<string, string | undefined>()
  private knownPairs: ReadonlyArray<Param> | undefined

  constructor(split: SplitRecord, topic: Topic, id: string) {
    this.split = split
    this.topic = topic
    this.id = id
  }

  get type(): string {
    const { dialect, event } = this.split
    this.knownType ??= withoutMarks(eventTypeText(dialect === "adtekio" ? eventType(event) : event))
    return this.knownType
  }

  param(name: string): string | undefined {
    if (this.knownParams !== undefined) return this.knownParams.get(name)
    // Most conditions do not hold, so that the others need not be decoded.
    if (this.asked.has(name)) return this.asked.get(name)
    const found = paramValue(this.split.params, name)
    const value = found === undefined ? undefined : withoutMarks(found)
    this.asked.set(name, value)
    return value
  }

  list(name: string): ReadonlyArray<string> {
    return this.lists.get(name) ?? []
  }

  meta(name: string): string | undefined {
    return this.metas.get(name)
  }

  /** The first value of each parameter. */
  get params(): ReadonlyMap<string, string> {
    if (this.knownParams === undefined) {
      const params = new Map<string, string>()
      for (const [name, value] of this.pairs) if (!params.has(name)) params.set(name, value)
      this.knownParams = params
    }
    return this.knownParams
  }

  /** All values of each parameter, those of `name[]` and `name[0]` also under `name`. */
  get lists(): ReadonlyMap<string, ReadonlyArray<string>> {
    if (this.knownLists === undefined) {
      const lists = new Map<string, Array<string>>()
      const add = (name: string, value: string): void => {
        const values = lists.get(name)
        if (values === undefined) lists.set(name, [value])
        else values.push(value)
      }
      for (const [name, value] of this.pairs) {
        add(name, value)
        const plain = listName(name)
        if (plain !== undefined) add(plain, value)
      }
      this.knownLists = lists
    }
    return this.knownLists
  }

  /** The meta part; `ip` in its usual form. */
  get metas(): ReadonlyMap<string, string> {
    if (this.knownMeta === undefined) {
      const meta = new Map<string, string>()
      for (const text of this.split.meta.split("&")) {
        const [name, value] = readPair(text as ByteString, false)
        if (value === "") meta.delete(name)
        else meta.set(name, withoutMarks(name === "ip" ? ipText(value, this.split.dialect) : value))
      }
      this.knownMeta = meta
    }
    return this.knownMeta
  }

  private get pairs(): ReadonlyArray<Param> {
    this.knownPairs ??= parseParams(this.split.params).map(
      ([name, value]): Param => [withoutMarks(name), withoutMarks(value)]
    )
    return this.knownPairs
  }
}

/** `mbers` of `mbers[]` and `mbers[0]`; undefined for any other name. */
const listName = (name: string): string | undefined => {
  if (!name.endsWith("]")) return undefined
  const at = name.lastIndexOf("[")
  return at > 0 && /^\d*$/.test(name.slice(at + 1, -1)) ? name.slice(0, at) : undefined
}
